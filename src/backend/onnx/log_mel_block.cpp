// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/log_mel_block.h"

#include <algorithm>

#include "base/check.h"

namespace parley::backend {
namespace {

using dsp::WhisperLogMel;

constexpr std::size_t kEdge = WhisperLogMel::kWindow / 2;
constexpr float kFeatureOfSilence = -10.0F;  // log10 of WhisperLogMel's floor

/// Silence behind `audio` up to `samples`, and a mirrored half window at both ends.
std::vector<float> mirrored(std::span<const float> audio, std::size_t samples) {
  std::vector<float> out(kEdge + samples + kEdge, 0.0F);
  const std::span<float> middle = std::span(out).subspan(kEdge, samples);
  std::ranges::copy(audio.first(std::min(audio.size(), samples)), middle.begin());
  for (std::size_t i = 0; i < kEdge; ++i) {
    out[kEdge - 1 - i] = middle[i + 1];
    out[kEdge + samples + i] = middle[samples - 2 - i];
  }
  return out;
}

}  // namespace

std::vector<float> log_mel_block(WhisperLogMel log_mel, std::span<const float> audio,
                                 std::size_t frames) {
  PARLEY_CHECK(frames >= 2);
  const std::vector<float> samples = mirrored(audio, frames * WhisperLogMel::kHop);
  const std::size_t bins = log_mel.dimensions();
  std::vector<float> rows(frames * bins, kFeatureOfSilence);
  for (std::size_t i = 0; i < frames; ++i) {
    const auto window = std::span(samples).subspan(i * WhisperLogMel::kHop, WhisperLogMel::kWindow);
    if (std::ranges::all_of(window, [](float sample) { return sample == 0.0F; })) continue;
    log_mel.compute(window, std::span(rows).subspan(i * bins, bins));
  }
  WhisperLogMel::level(rows);
  std::vector<float> columns(rows.size());
  for (std::size_t i = 0; i < frames; ++i) {
    for (std::size_t bin = 0; bin < bins; ++bin) columns[bin * frames + i] = rows[i * bins + bin];
  }
  return columns;
}

}  // namespace parley::backend
