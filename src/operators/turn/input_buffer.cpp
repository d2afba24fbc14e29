// SPDX-License-Identifier: Apache-2.0
#include "operators/turn/input_buffer.h"

#include <algorithm>

#include "codec/pcm16.h"
#include "media/copy_count.h"

namespace parley::operators {

namespace {

// After a turn the memory goes back once it is more than twice what is held and this. Twice, since
// the vector doubles: whatever the padding, silence goes through without allocating.
constexpr std::size_t kSlackSamples = kInputBufferRate / 2;
// What goes at once when the buffer is full: moving ten minutes for each frame would cost
// milliseconds.
constexpr std::size_t kDropSamples = 10 * kInputBufferRate;

}  // namespace

void InputBuffer::append(media::MediaTime start, std::span<const float> samples) {
  const std::int64_t index = start.samples(kInputBufferRate);
  if (samples_.empty()) first_ = index;
  const std::int64_t gap = index - (first_ + static_cast<std::int64_t>(samples_.size()));
  if (gap > 0) samples_.resize(samples_.size() + static_cast<std::size_t>(gap), 0);
  const std::size_t held = samples_.size();
  samples_.resize(held + samples.size());
  codec::float_to_pcm16(samples, std::span(samples_).subspan(held));
  media::note_copied(samples.size() * sizeof(std::int16_t));

  const auto max = static_cast<std::size_t>(kInputBufferMax.samples(kInputBufferRate));
  if (samples_.size() > max) {
    const std::size_t drop = std::min(samples_.size(), samples_.size() - max + kDropSamples);
    dropped_ += drop;
    if (dropped_metric_ != nullptr) dropped_metric_->add(drop);
    drop_front(static_cast<std::int64_t>(drop));
  }
}

void InputBuffer::discard_before(media::MediaTime time) {
  const std::int64_t count = time.samples(kInputBufferRate) - first_;
  // Moving the rest to the front costs as much as what stays, so it is done rarely.
  if (count >= kInputBufferRate / 4) {
    drop_front(std::min(count, static_cast<std::int64_t>(samples_.size())));
  }
}

void InputBuffer::drop_front(std::int64_t count) {
  samples_.erase(samples_.begin(), samples_.begin() + count);
  first_ += count;
  if (samples_.capacity() > 2 * samples_.size() + kSlackSamples) samples_.shrink_to_fit();
}

std::span<const std::int16_t> InputBuffer::range(media::MediaTime from, media::MediaTime to) const {
  const auto held = static_cast<std::int64_t>(samples_.size());
  const std::int64_t begin =
      std::clamp<std::int64_t>(from.samples(kInputBufferRate) - first_, 0, held);
  const std::int64_t end =
      std::clamp<std::int64_t>(to.samples(kInputBufferRate) - first_, begin, held);
  return std::span(samples_).subspan(static_cast<std::size_t>(begin),
                                     static_cast<std::size_t>(end - begin));
}

}  // namespace parley::operators
