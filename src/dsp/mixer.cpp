// SPDX-License-Identifier: Apache-2.0
#include "dsp/mixer.h"

#include <cmath>

#include "base/check.h"

namespace parley::dsp {

void mix(std::span<float> sum, std::span<const float> in, float gain) noexcept {
  PARLEY_CHECK(sum.size() == in.size());
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += gain * in[i];
}

std::size_t limit(std::span<float> samples) noexcept {
  constexpr float kRest = 1.0F - kLimitKnee;
  std::size_t bent = 0;
  for (float& sample : samples) {
    const float level = std::abs(sample);
    if (level <= kLimitKnee) continue;
    ++bent;
    sample = std::copysign(kLimitKnee + kRest * std::tanh((level - kLimitKnee) / kRest), sample);
  }
  return bent;
}

}  // namespace parley::dsp
