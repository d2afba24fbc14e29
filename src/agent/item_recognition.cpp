// SPDX-License-Identifier: Apache-2.0
#include "agent/item_recognition.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "codec/pcm16.h"
#include "codec/resample_pcm16.h"

namespace parley::agent {

ItemRecognition::ItemRecognition(const Item& item, std::size_t content_index, std::string language,
                                 model::AsrHintsRef hints)
    : item_id_(item.id),
      content_index_(content_index),
      language_(std::move(language)),
      hints_(std::move(hints)) {
  const StoredAudio& audio = item.content[content_index].audio;
  const Result<std::vector<std::int16_t>> samples =
      codec::resample_pcm16(audio.samples, audio.rate, model::kAsrRate);
  if (!samples) {
    status_ = samples.error();
    return;
  }
  audio_.resize(samples->size());
  codec::pcm16_to_float(std::span<const std::int16_t>(*samples), audio_);
}

ItemRecognition::~ItemRecognition() {
  if (call_) call_->cancel();
}

ItemRecognition::Progress ItemRecognition::advance(model::AsrHost& host, const exec::Waker& waker,
                                                   Instant now) {
  if (call_) {
    if (!call_->done()) return Progress::working;  // the host wakes the session
    status_ = call_->status;
    if (!text_.empty() && !call_->text.empty()) text_ += ' ';
    text_ += call_->text;
    if (detected_language_.empty()) detected_language_ = std::move(call_->detected_language);
    const auto begin =
        media::MediaTime::from_samples(static_cast<std::int64_t>(call_begin_), model::kAsrRate);
    for (media::WordTime& word : call_->words) {
      words_.push_back({std::move(word.text), word.begin + begin, word.end + begin});
    }
    std::ranges::move(call_->tokens, std::back_inserter(tokens_));
    call_.reset();
  }
  if (!status_ || offset_ == audio_.size()) return Progress::over;
  const std::size_t length = std::min(host.samples_max(), audio_.size() - offset_);
  auto call = std::make_shared<model::AsrCall>();
  const auto begin = audio_.begin() + static_cast<std::ptrdiff_t>(offset_);
  call->audio.assign(begin, begin + static_cast<std::ptrdiff_t>(length));
  call->language = language_;
  call->hints = hints_;
  call->begin(waker, now);
  if (!host.submit(call)) return Progress::host_full;
  call_begin_ = offset_;
  offset_ += length;
  call_ = std::move(call);
  return Progress::working;
}

}  // namespace parley::agent
