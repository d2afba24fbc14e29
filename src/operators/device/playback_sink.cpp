// SPDX-License-Identifier: Apache-2.0
#include "operators/device/playback_sink.h"

#include <algorithm>
#include <utility>

namespace parley::operators {

using graph::Progress;

PlaybackSink::PlaybackSink(Options options, AudioCard& card, EchoReference* reference)
    : options_(std::move(options)),
      card_(card),
      reference_(reference),
      audio_(*this, "audio", {.rate_hz = options_.rate_hz, .channels = 1}),
      ring_(static_cast<std::size_t>(options_.rate_hz) *
            static_cast<std::size_t>(options_.lead_ms) / 1000) {}

Status PlaybackSink::open(graph::ProcessContext& context) {
  if (reference_ != nullptr && reference_->rate() != options_.rate_hz) {
    return Error{ErrorCode::invalid_argument,
                 "an echo reference of " + std::to_string(reference_->rate()) +
                     " Hz for a loudspeaker of " + std::to_string(options_.rate_hz) + " Hz"};
  }
  waker_ = context.waker();
  PARLEY_TRY(stream_, card_.open_playback(
                          {.device = options_.device,
                           .rate_hz = options_.rate_hz,
                           .block_samples = static_cast<std::size_t>(options_.rate_hz) / 100},
                          *this));
  return {};
}

Result<Progress> PlaybackSink::process(graph::ProcessContext&) {
  while (const media::AudioFrame* frame = audio_.peek()) {
    if (frame->format.rate != options_.rate_hz || frame->format.channels != 1) {
      const media::AudioFormat format = frame->format;
      static_cast<void>(audio_.pop());
      offset_ = 0;
      return Error{ErrorCode::invalid_argument, "a frame of " + std::to_string(format.rate) +
                                                    " Hz and " + std::to_string(format.channels) +
                                                    " channels; wanted are " +
                                                    std::to_string(options_.rate_hz) + " Hz, mono"};
    }
    if (frame->head.turn != offset_turn_) offset_ = 0;
    offset_turn_ = frame->head.turn;
    const std::span<const float> samples = frame->samples.floats().subspan(offset_);
    const std::size_t room = ring_.capacity() - ring_.size();
    const std::size_t count = std::min(room, samples.size());
    ring_.write(samples.first(count));
    offset_ += count;
    is_playing_.store(true, std::memory_order_relaxed);
    if (count < samples.size()) return Progress::need_input;  // the card's thread wakes us
    if (frame->head.is_last) is_playing_.store(false, std::memory_order_relaxed);
    static_cast<void>(audio_.pop());
    offset_ = 0;
  }
  return Progress::need_input;
}

void PlaybackSink::on_turn(media::Turn) noexcept {
  is_playing_.store(false, std::memory_order_relaxed);
  silent_until_.store(ring_.written(), std::memory_order_release);
}

void PlaybackSink::on_wanted(std::span<float> samples) noexcept {
  ring_.skip_until(silent_until_.load(std::memory_order_acquire));
  const std::size_t count = ring_.read(samples);
  std::fill(samples.begin() + static_cast<std::ptrdiff_t>(count), samples.end(), 0.0F);
  if (reference_ != nullptr) reference_->write(samples);
  played_.fetch_add(count, std::memory_order_relaxed);
  if (count < samples.size() && is_playing_.load(std::memory_order_relaxed)) {
    missing_.fetch_add(samples.size() - count, std::memory_order_relaxed);
  }
  if (count > 0 && ring_.size() < ring_.capacity() / 2) waker_.wake();
}

}  // namespace parley::operators
