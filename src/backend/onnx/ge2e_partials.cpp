// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/ge2e_partials.h"

#include "base/check.h"
#include "dsp/power_mel.h"

namespace parley::backend {
namespace {

/// Every one of them, or kPartialsMax of them with the first and the last.
std::vector<std::size_t> thinned(const std::vector<std::size_t>& starts) {
  if (starts.size() <= kPartialsMax) return starts;
  std::vector<std::size_t> kept;
  kept.reserve(kPartialsMax);
  for (std::size_t i = 0; i < kPartialsMax; ++i) {
    kept.push_back(starts[i * (starts.size() - 1) / (kPartialsMax - 1)]);
  }
  return kept;
}

}  // namespace

std::vector<std::size_t> partial_starts(std::size_t samples, std::size_t step_frames) {
  PARLEY_CHECK(step_frames > 0 && step_frames <= kPartialFrames);
  constexpr std::size_t kHop = dsp::PowerMel::kHop;
  const std::size_t frames = samples / kHop + 1;
  std::vector<std::size_t> starts{0};
  while (starts.back() + kPartialFrames <= frames) starts.push_back(starts.back() + step_frames);
  const auto is_mostly_silence = [&](std::size_t start) {
    return samples * 4 < start * kHop * 4 + kPartialFrames * kHop * 3;
  };
  if (starts.size() > 1 && is_mostly_silence(starts.back())) starts.pop_back();
  return thinned(starts);
}

}  // namespace parley::backend
