// SPDX-License-Identifier: Apache-2.0
#include "operators/device/sample_ring.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "media/copy_count.h"

namespace parley::operators {

SampleRing::SampleRing(std::size_t capacity)
    : mask_(std::bit_ceil(capacity) - 1),
      samples_(std::make_unique<float[]>(std::bit_ceil(capacity))) {
  PARLEY_CHECK(capacity >= 1);
}

std::size_t SampleRing::write(std::span<const float> samples) noexcept {
  const std::size_t tail = tail_.load(std::memory_order_relaxed);
  const std::size_t room = capacity() - (tail - head_.load(std::memory_order_acquire));
  const std::size_t count = std::min(room, samples.size());
  const std::size_t at = tail & mask_;
  const std::size_t first = std::min(count, capacity() - at);
  std::copy_n(samples.begin(), first, samples_.get() + at);
  std::copy_n(samples.begin() + static_cast<std::ptrdiff_t>(first), count - first, samples_.get());
  media::note_copied(count * sizeof(float));
  tail_.store(tail + count, std::memory_order_release);
  if (count < samples.size()) {
    dropped_.fetch_add(samples.size() - count, std::memory_order_relaxed);
  }
  return count;
}

std::size_t SampleRing::read(std::span<float> out) noexcept {
  const std::size_t head = head_.load(std::memory_order_relaxed);
  const std::size_t held = tail_.load(std::memory_order_acquire) - head;
  const std::size_t count = std::min(held, out.size());
  const std::size_t at = head & mask_;
  const std::size_t first = std::min(count, capacity() - at);
  std::copy_n(samples_.get() + at, first, out.begin());
  std::copy_n(samples_.get(), count - first, out.begin() + static_cast<std::ptrdiff_t>(first));
  media::note_copied(count * sizeof(float));
  head_.store(head + count, std::memory_order_release);
  return count;
}

std::size_t SampleRing::skip(std::size_t count) noexcept {
  const std::size_t head = head_.load(std::memory_order_relaxed);
  const std::size_t held = tail_.load(std::memory_order_acquire) - head;
  const std::size_t skipped = std::min(held, count);
  head_.store(head + skipped, std::memory_order_release);
  return skipped;
}

void SampleRing::skip_until(std::size_t position) noexcept {
  // Differences, because positions wrap.
  const std::size_t ahead = position - head_.load(std::memory_order_relaxed);
  if (ahead <= capacity()) skip(ahead);
}

}  // namespace parley::operators
