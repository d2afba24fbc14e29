// SPDX-License-Identifier: Apache-2.0
#include "media/audio_ring.h"

#include <algorithm>

#include "base/check.h"
#include "media/copy_count.h"

namespace parley::media {

AudioRing::AudioRing(std::size_t capacity) : capacity_(capacity) { PARLEY_CHECK(capacity >= 1); }

std::size_t AudioRing::push(std::span<const float> samples) {
  std::size_t dropped = 0;
  if (samples.size() > capacity_) {  // the first of them would be dropped at once
    dropped = samples.size() - capacity_;
    samples = samples.subspan(dropped);
    first_index_ += static_cast<std::int64_t>(dropped);
  }
  if (size() + samples.size() > capacity_) {
    const std::size_t oldest = size() + samples.size() - capacity_;
    drop(oldest);
    dropped += oldest;
  }
  make_room(samples.size());
  std::copy(samples.begin(), samples.end(), block_.begin() + static_cast<std::ptrdiff_t>(end_));
  note_copied(samples.size_bytes());
  end_ += samples.size();
  overflowed_ += dropped;
  return dropped;
}

/// Makes `count` places after `end_`: by moving what is held to the front, or by a larger block.
void AudioRing::make_room(std::size_t count) {
  if (end_ + count <= block_.size()) return;
  const std::size_t held = size();
  const std::size_t slack = std::max<std::size_t>(capacity_ / 4, 1);
  const std::size_t block_max = capacity_ + slack;
  if (held + count + held / 4 > block_.size() && block_.size() < block_max) {
    std::vector<float> larger(std::min(block_max, std::max(block_.size() * 2, 2 * (held + count))));
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(begin_), held, larger.begin());
    block_ = std::move(larger);
  } else {
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(begin_), held, block_.begin());
  }
  note_copied(held * sizeof(float));
  begin_ = 0;
  end_ = held;
}

std::span<const float> AudioRing::window(std::size_t offset, std::size_t length) const {
  PARLEY_CHECK(offset <= size() && length <= size() - offset);
  return std::span<const float>(block_).subspan(begin_ + offset, length);
}

void AudioRing::drop(std::size_t count) {
  PARLEY_CHECK(count <= size());
  begin_ += count;
  first_index_ += static_cast<std::int64_t>(count);
  if (begin_ == end_) begin_ = end_ = 0;
}

void AudioRing::clear() { drop(size()); }

void AudioRing::release() {
  clear();
  block_ = {};
}

}  // namespace parley::media
