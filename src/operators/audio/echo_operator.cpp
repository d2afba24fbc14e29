// SPDX-License-Identifier: Apache-2.0
#include "operators/audio/echo_operator.h"

#include <algorithm>
#include <utility>

#include "media/copy_count.h"

namespace parley::operators {

using graph::Progress;
using media::MediaTime;

Result<Progress> EchoOperator::process(graph::ProcessContext&) {
  take_reference();
  while (const media::AudioFrame* frame = in_.peek()) {
    if (!out_.has_room(BlockStream::kFramesMax)) return Progress::blocked;
    if (must_wait(*frame)) return Progress::need_input;
    PARLEY_TRY_STATUS(stream_.feed(in_.pop(), out_, [this](std::span<float> block, MediaTime at) {
      if (has_port_reference_) {
        find_reference(at, block_);
      } else if (reference_ != nullptr) {
        reference_->read(block_);
      }
      canceller_.process(block, block_);
    }));
  }
  return Progress::need_input;
}

void EchoOperator::take_reference() {
  while (played_.peek() != nullptr) {
    const media::AudioFrame frame = played_.pop();
    if (frame.format.rate != rate_ || frame.format.channels != 1) continue;
    const std::span<const float> samples = frame.samples.floats();
    // A pause or a jump back: what was before is of no use any more.
    if (frame.head.pts != ring_end_) ring_.clear();
    has_port_reference_ = true;
    static_cast<void>(ring_.push(samples));  // the oldest go; nobody asks for them
    ring_end_ =
        frame.head.pts + MediaTime::from_samples(static_cast<std::int64_t>(samples.size()), rate_);
  }
}

/// True while the reference for this frame may still come.
bool EchoOperator::must_wait(const media::AudioFrame& frame) const {
  if (!has_port_reference_ || frame.head.is_last) return false;
  const MediaTime end = frame.head.pts + frame.head.duration;
  if (ring_end_ >= end) return false;
  const MediaTime held{frame.head.duration.flicks * static_cast<std::int64_t>(in_.size())};
  return held < MediaTime::from_ms(kWaitMaxMs) && in_.size() < graph::kPortCapacityDefault / 2;
}

void EchoOperator::find_reference(MediaTime at, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0F);
  const auto held = static_cast<std::int64_t>(ring_.size());
  const std::int64_t from = held - (ring_end_ - at).samples(rate_);  // of the ring
  const auto count = static_cast<std::int64_t>(out.size());
  const std::int64_t first = std::clamp<std::int64_t>(from, 0, held);
  const std::int64_t end = std::clamp<std::int64_t>(from + count, first, held);
  missing_ += static_cast<std::uint64_t>(count - (end - first));
  if (end == first) return;
  const auto found =
      ring_.window(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
  std::copy(found.begin(), found.end(), out.begin() + (first - from));
  media::note_copied(found.size_bytes());
}

Result<std::unique_ptr<EchoOperator>> EchoOperator::make(Options options, EchoReference* reference,
                                                         media::BufferPool& buffers) {
  if (reference != nullptr && reference->rate() != options.rate_hz) {
    return Error{ErrorCode::invalid_argument,
                 "an echo reference of " + std::to_string(reference->rate()) +
                     " Hz for a microphone of " + std::to_string(options.rate_hz) + " Hz"};
  }
  PARLEY_TRY(
      dsp::EchoCanceller canceller,
      dsp::EchoCanceller::make(
          {.rate = options.rate_hz, .tail_ms = options.tail_ms, .suppress = options.suppress}));
  return std::unique_ptr<EchoOperator>(
      new EchoOperator(options.rate_hz, std::move(canceller), reference, buffers));
}

EchoOperator::EchoOperator(int rate, dsp::EchoCanceller canceller, EchoReference* reference,
                           media::BufferPool& buffers)
    : rate_(rate),
      canceller_(std::move(canceller)),
      reference_(reference),
      stream_({.rate = rate, .block = canceller_.block_samples(), .latency = canceller_.latency()},
              buffers),
      ring_(static_cast<std::size_t>(rate) * kReferenceHeldMs / 1000),
      block_(canceller_.block_samples()) {}

}  // namespace parley::operators
