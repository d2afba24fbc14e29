// SPDX-License-Identifier: Apache-2.0
#include "dsp/whisper_log_mel.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace parley::dsp {

void WhisperLogMel::compute(std::span<const float> window, std::span<float> row) noexcept {
  power_.compute(window, row);
  for (float& value : row) value = std::log10(std::max(value, 1e-10F));
}

void WhisperLogMel::level(std::span<float> block) noexcept {
  if (block.empty()) return;
  const float floor = *std::max_element(block.begin(), block.end()) - 8.0F;
  for (float& value : block) value = (std::max(value, floor) + 4.0F) / 4.0F;
}

Result<WhisperLogMel> WhisperLogMel::make(int bins) {
  PARLEY_TRY(PowerMel power, PowerMel::make(bins));
  return WhisperLogMel(std::move(power));
}

}  // namespace parley::dsp
