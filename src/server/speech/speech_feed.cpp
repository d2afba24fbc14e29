// SPDX-License-Identifier: Apache-2.0
#include "server/speech/speech_feed.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace parley::server {

using service::AppendResult;
using service::SpeechStream;

std::optional<KeyAccount::Refusal> SpeechFeed::append(std::string text) {
  if (text.empty()) return std::nullopt;
  const auto characters = static_cast<std::int64_t>(characters_in(text));
  if (auto refused = account_->take_characters(characters)) return refused;
  waiting_bytes_ += text.size();
  // Words that come one by one wait as one piece.
  auto* last = pieces_.empty() ? nullptr : std::get_if<std::string>(&pieces_.back());
  if (last != nullptr && last->size() + text.size() <= SpeechStream::kAppendBytesMax) {
    *last += text;
  } else {
    pieces_.emplace_back(std::move(text));
  }
  return std::nullopt;
}

Status SpeechFeed::open(service::SpeechService& service, service::SpeechRequest request,
                        std::shared_ptr<service::SpeechSink> sink) {
  KeyAccount::StreamEntry entry = KeyAccount::enter_stream(account_);
  if (entry.refused) {
    return Error{
        entry.refused->is_ended ? ErrorCode::permission_denied : ErrorCode::resource_exhausted,
        std::move(entry.refused->message)};
  }
  PARLEY_TRY(stream_, service.open(std::move(request), std::move(sink)));
  place_ = std::move(entry.place);
  return {};
}

void SpeechFeed::pump() {
  if (stream_ == nullptr) return;
  while (!pieces_.empty()) {
    if (const auto* flush = std::get_if<std::uint64_t>(&pieces_.front())) {
      stream_->flush(*flush);
    } else if (!hand_over(std::get<std::string>(pieces_.front()))) {
      return;
    }
    pieces_.pop_front();
    handed_ = 0;
  }
  if (is_whole_ && !std::exchange(is_finished_, true)) stream_->finish();
}

/// False when the stream is full.
bool SpeechFeed::hand_over(std::string& text) {
  while (handed_ < text.size()) {
    const std::size_t bytes = std::min(text.size() - handed_, SpeechStream::kAppendBytesMax);
    const bool is_all = bytes == text.size();
    const AppendResult result = stream_->append(is_all ? text : text.substr(handed_, bytes));
    if (result == AppendResult::full) return false;
    // A closed stream has ended, as its sink knows: the text has nowhere to go.
    handed_ += bytes;
    waiting_bytes_ -= bytes;
  }
  return true;
}

void SpeechFeed::resume() {
  if (stream_ != nullptr) stream_->resume();
}

void SpeechFeed::cancel() {
  pieces_.clear();
  waiting_bytes_ = 0;
  handed_ = 0;
  if (stream_ != nullptr) stream_->cancel();
}

void SpeechFeed::drop() {
  cancel();
  stream_.reset();
  place_.reset();
}

}  // namespace parley::server
