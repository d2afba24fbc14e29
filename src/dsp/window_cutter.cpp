// SPDX-License-Identifier: Apache-2.0
#include "dsp/window_cutter.h"

#include <algorithm>

#include "base/check.h"
#include "media/copy_count.h"

namespace parley::dsp {

WindowCutter::WindowCutter(std::size_t size, std::size_t hop, WindowEdge edge,
                           std::size_t samples_max)
    // A window's mirrored part reaches one window back.
    : size_(size), hop_(hop), edge_(edge), ring_(2 * size + samples_max) {
  PARLEY_CHECK(hop > 0 && hop <= size);
}

void WindowCutter::push(std::span<const float> samples) {
  PARLEY_CHECK(!finished_);
  PARLEY_CHECK(ring_.push(samples) == 0);
  total_ += static_cast<std::int64_t>(samples.size());
}

void WindowCutter::finish() { finished_ = true; }

bool WindowCutter::next(std::span<float> out) {
  PARLEY_CHECK(out.size() == size_);
  const std::int64_t begin = begin_of(count_);
  const std::int64_t end = begin + static_cast<std::int64_t>(size_);
  // What mirrors the beginning must have come, too.
  const std::int64_t needed = std::max(end, begin < 0 ? 1 - begin : 0);
  if (finished_ ? count_ >= windows_at_end() : needed > total_) return false;
  const std::int64_t held = ring_.first_index() - base_;
  if (begin >= held && end <= total_) {
    const auto window = ring_.window(static_cast<std::size_t>(begin - held), size_);
    std::copy(window.begin(), window.end(), out.begin());
  } else {
    for (std::size_t i = 0; i < size_; ++i) {
      out[i] = sample_at(begin + static_cast<std::int64_t>(i));
    }
  }
  media::note_copied(out.size_bytes());
  ++count_;
  // The end of the stream mirrors up to one window of what was before.
  const std::int64_t keep =
      edge_ == WindowEdge::snip ? begin_of(count_) : total_ - 2 * static_cast<std::int64_t>(size_);
  const std::int64_t past = std::min(keep, begin_of(count_)) - held;
  if (past > 0) ring_.drop(std::min(static_cast<std::size_t>(past), ring_.size()));
  return true;
}

void WindowCutter::reset() {
  ring_.clear();
  base_ = ring_.first_index();
  total_ = 0;
  count_ = 0;
  finished_ = false;
}

std::int64_t WindowCutter::begin_of(std::int64_t window) const noexcept {
  const auto hop = static_cast<std::int64_t>(hop_);
  const auto size = static_cast<std::int64_t>(size_);
  switch (edge_) {
    case WindowEdge::snip:
      break;
    case WindowEdge::kaldi:
      return window * hop + hop / 2 - size / 2;
    case WindowEdge::centred:
      return window * hop - size / 2;
  }
  return window * hop;
}

/// How many windows the finished stream has.
std::int64_t WindowCutter::windows_at_end() const noexcept {
  const auto hop = static_cast<std::int64_t>(hop_);
  const auto size = static_cast<std::int64_t>(size_);
  switch (edge_) {
    case WindowEdge::snip:
      break;
    case WindowEdge::kaldi:
      return (total_ + hop / 2) / hop;
    case WindowEdge::centred:
      return total_ < size ? 0 : total_ / hop;  // Whisper leaves out the one centred at the end
  }
  return total_ < size ? 0 : (total_ - size) / hop + 1;
}

float WindowCutter::sample_at(std::int64_t index) const noexcept {
  // Mirrored as often as a very short stream needs it.
  const std::int64_t shift = edge_ == WindowEdge::centred ? 0 : 1;
  while (index < 0 || index >= total_) {
    index = index < 0 ? -index - shift : 2 * total_ - 2 + shift - index;
    if (total_ == 1) index = 0;
  }
  const std::int64_t at = index - (ring_.first_index() - base_);
  PARLEY_CHECK(at >= 0);
  return ring_.window(static_cast<std::size_t>(at), 1)[0];
}

}  // namespace parley::dsp
