// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/remote_speech.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "backend/remote/endpoint_error.h"

namespace parley::backend {
namespace {

constexpr std::string_view kWho = "the voice's endpoint";
constexpr int kHttpOk = 200;
constexpr std::size_t kBodyBytesMax = 64U << 10U;

/// "audio/pcm;rate=16000" says 16000; 0 where nothing is said.
int rate_in(std::string_view content_type) {
  const std::size_t at = content_type.find("rate=");
  int rate = 0;
  if (at == std::string_view::npos) return rate;
  const std::string_view number = content_type.substr(at + 5);
  std::from_chars(number.data(), number.data() + number.size(), rate);
  return rate;
}

/// Another file instead of samples would be noise.
bool is_file(std::string_view bytes) {
  return bytes.starts_with("RIFF") || bytes.starts_with("OggS") || bytes.starts_with("ID3") ||
         bytes.starts_with("fLaC");
}

}  // namespace

RemoteSpeech::RemoteSpeech(std::shared_ptr<model::TtsCall> call, transport::HttpClient& client,
                           const RemoteTtsOptions& options, media::BufferPool& pool, OnDone on_done)
    : call_(std::move(call)),
      client_(client),
      options_(options),
      on_done_(std::move(on_done)),
      writer_(*call_, pool, options.rate) {}

void RemoteSpeech::begin(transport::ClientRequest request) {
  if (is_over_) return;
  if (call_->cancelled()) return end(Error{ErrorCode::cancelled, "cancelled"});
  request_ = std::move(request);
  ask();
}

void RemoteSpeech::ask() {
  http_status_ = 0;
  body_.clear();
  exchange_ = client_.start(request_, shared_from_this());
  exchange_->set_timeout(options_.first_audio_timeout, "no audio within the time limit");
}

void RemoteSpeech::on_head(int status, std::string_view content_type) {
  http_status_ = status;
  const int rate = rate_in(content_type);
  if (status != kHttpOk || rate == 0 || rate == options_.rate) return;
  give_up({ErrorCode::data_corrupt, std::string(kWho) + " sends audio of " + std::to_string(rate) +
                                        " Hz where " + std::to_string(options_.rate) +
                                        " Hz is expected"});
}

bool RemoteSpeech::on_body(std::string_view bytes) {
  if (is_over_ || bytes.empty()) return true;
  if (http_status_ != kHttpOk) {
    body_.append(bytes.substr(0, kBodyBytesMax - std::min(kBodyBytesMax, body_.size())));
    return true;
  }
  if (!has_audio_ && is_file(bytes)) {
    give_up({ErrorCode::data_corrupt,
             std::string(kWho) + " does not know the response_format pcm: it sends a file"});
    return true;
  }
  take_audio(bytes);
  return true;
}

void RemoteSpeech::take_audio(std::string_view bytes) {
  has_audio_ = true;
  const auto chunk = std::as_bytes(std::span(bytes));
  samples_.resize(assembler_.samples_with(chunk.size()));
  assembler_.decode(chunk, samples_);
  if (writer_.samples() + samples_.size() >
      options_.seconds_max * static_cast<std::size_t>(options_.rate)) {
    return give_up({ErrorCode::resource_exhausted, std::string(kWho) + " sends more than " +
                                                       std::to_string(options_.seconds_max) +
                                                       " s of audio for one sentence"});
  }
  writer_.write(samples_);
  exchange_->set_timeout(options_.next_audio_timeout, "no further audio within the time limit");
}

/// Closes the socket: nothing that still comes matters.
void RemoteSpeech::give_up(Error error) {
  exchange_->close();
  end(std::move(error));
}

void RemoteSpeech::on_end(Status ended) {
  if (is_over_) return;
  Status status = outcome(std::move(ended));
  const bool may_help = !status && status.error().code == ErrorCode::unavailable;
  if (may_help && !has_audio_ && !std::exchange(was_asked_again_, true)) return ask();
  end(std::move(status));
}

Status RemoteSpeech::outcome(Status ended) const {
  if (http_status_ != 0 && http_status_ != kHttpOk) {
    return endpoint_error(kWho, http_status_, body_);
  }
  if (!ended) return ended;
  if (has_audio_) return {};
  return Error{ErrorCode::unavailable, std::string(kWho) + " ended its answer without any audio"};
}

void RemoteSpeech::on_cancel(model::Call&) noexcept {
  client_.post([self = shared_from_this()] {
    if (self->is_over_) return;
    if (self->exchange_) self->exchange_->close();
    self->end(Error{ErrorCode::cancelled, "cancelled"});
  });
}

void RemoteSpeech::end(Status status) {
  if (is_over_) return;
  is_over_ = true;
  const std::shared_ptr<RemoteSpeech> self = shared_from_this();  // others let go of it below
  // What streams is told of all that came; a sentence that is not whole is no answer otherwise.
  if (status || call_->stream) writer_.finish();
  call_->samples_expected = status ? call_->samples_made : 0;
  call_->status = status;
  // Not under the hook's lock when this runs: cancels are posted.
  call_->set_cancel_hook(nullptr);
  exchange_.reset();        // each holds the other
  on_done_(*this, status);  // counted before anybody hears of it
  call_->finish();
}

}  // namespace parley::backend
