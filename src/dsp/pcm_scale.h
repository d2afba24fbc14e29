// SPDX-License-Identifier: Apache-2.0
//
// Between our float samples and the 16-bit numbers that speexdsp works on.
// Threads: any. Allocates: no.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "base/check.h"

namespace parley::dsp {

inline void to_pcm16(std::span<const float> in, std::span<std::int16_t> out) noexcept {
  PARLEY_CHECK(in.size() == out.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    out[i] = static_cast<std::int16_t>(std::lrintf(std::clamp(in[i], -1.0F, 1.0F) * 32'767.0F));
  }
}

inline void from_pcm16(std::span<const std::int16_t> in, std::span<float> out) noexcept {
  PARLEY_CHECK(in.size() == out.size());
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = static_cast<float>(in[i]) / 32'767.0F;
}

}  // namespace parley::dsp
