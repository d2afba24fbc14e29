// SPDX-License-Identifier: Apache-2.0
//
// Weights that fade a block of samples in and out before its spectrum is taken.
// Threads: any. Allocates: the vector that it returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley::dsp {

enum class WindowShape : std::uint8_t {
  povey,          // (0.5 - 0.5 cos)^0.85: Kaldi's own, nearly Hamming's but zero at the edges
  hamming,        // 0.54 - 0.46 cos, symmetric
  hann,           // 0.5 - 0.5 cos, symmetric
  hann_periodic,  // the same over one sample more: what short-time transforms use
  rectangular,
};

/// REQUIRES: size >= 2.
[[nodiscard]] std::vector<float> make_window(WindowShape shape, std::size_t size);

}  // namespace parley::dsp
