// SPDX-License-Identifier: Apache-2.0
#include "dsp/window_shape.h"

#include <cmath>
#include <numbers>

#include "base/check.h"

namespace parley::dsp {

std::vector<float> make_window(WindowShape shape, std::size_t size) {
  PARLEY_CHECK(size >= 2);
  std::vector<float> window(size);
  const auto period = static_cast<double>(shape == WindowShape::hann_periodic ? size : size - 1);
  for (std::size_t i = 0; i < size; ++i) {
    const double cosine = std::cos(2.0 * std::numbers::pi * static_cast<double>(i) / period);
    double value = 1.0;
    switch (shape) {
      case WindowShape::povey:
        value = std::pow(0.5 - 0.5 * cosine, 0.85);
        break;
      case WindowShape::hamming:
        value = 0.54 - 0.46 * cosine;
        break;
      case WindowShape::hann:
      case WindowShape::hann_periodic:
        value = 0.5 - 0.5 * cosine;
        break;
      case WindowShape::rectangular:
        break;
    }
    window[i] = static_cast<float>(value);
  }
  return window;
}

}  // namespace parley::dsp
