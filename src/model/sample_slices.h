// SPDX-License-Identifier: Apache-2.0
//
// A model's window over a stream, as the samples lie in the stream's own frames: a few references,
// and no sample moves until the model gathers the windows of a batch into its input.
//
// Threads: one owner at a time, like the call that it is part of. Allocates: no.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "base/check.h"
#include "media/buffer_pool.h"

namespace parley::model {

class SampleSlices {
 public:
  static constexpr std::size_t kSlicesMax = 8;  // 512 samples of frames of 4 ms or more

  /// Appends `samples`. False, and nothing appended, when there are kSlicesMax already.
  [[nodiscard]] bool add(media::BufferRef samples) {
    if (count_ == kSlicesMax) return false;
    size_ += samples.floats().size();
    slices_[count_++] = std::move(samples);
    return true;
  }
  /// Lets go of the frames.
  void clear() noexcept {
    for (media::BufferRef& slice : std::span(slices_).first(count_)) slice = {};
    count_ = 0;
    size_ = 0;
  }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }  // samples
  [[nodiscard]] std::span<const media::BufferRef> slices() const noexcept {
    return std::span(slices_).first(count_);
  }
  /// REQUIRES: out.size() >= size().
  void copy_to(std::span<float> out) const {
    PARLEY_CHECK(out.size() >= size_);
    auto to = out.begin();
    for (const media::BufferRef& slice : slices()) {
      to = std::copy(slice.floats().begin(), slice.floats().end(), to);
    }
  }

 private:
  std::array<media::BufferRef, kSlicesMax> slices_;
  std::size_t count_ = 0;
  std::size_t size_ = 0;
};

}  // namespace parley::model
