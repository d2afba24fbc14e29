// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/smart_turn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/onnx/terminate_on_cancel.h"

namespace parley::backend {
namespace {

using dsp::WhisperLogMel;

constexpr std::size_t kFrames = model::kTurnSamplesMax / WhisperLogMel::kHop;
constexpr double kVarianceFloor = 1e-7;

/// 8 s, silence in front, of mean 0 and variance 1, and a mirrored half window at both ends.
std::vector<float> normalised(std::span<const float> audio) {
  constexpr std::size_t kEdge = WhisperLogMel::kWindow / 2;
  std::vector<float> out(kEdge + model::kTurnSamplesMax + kEdge, 0.0F);
  const std::span<float> middle = std::span(out).subspan(kEdge, model::kTurnSamplesMax);
  audio = audio.last(std::min(audio.size(), model::kTurnSamplesMax));
  std::ranges::copy(audio, middle.last(audio.size()).begin());
  double sum = 0.0;
  double squares = 0.0;
  for (const float sample : middle) {
    sum += static_cast<double>(sample);
    squares += static_cast<double>(sample) * static_cast<double>(sample);
  }
  const double mean = sum / static_cast<double>(middle.size());
  const double variance = squares / static_cast<double>(middle.size()) - mean * mean;
  const double scale = 1.0 / std::sqrt(variance + kVarianceFloor);
  for (float& sample : middle) {
    sample = static_cast<float>((static_cast<double>(sample) - mean) * scale);
  }
  for (std::size_t i = 0; i < kEdge; ++i) {
    out[kEdge - 1 - i] = middle[i + 1];
    out[kEdge + middle.size() + i] = middle[middle.size() - 2 - i];
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<SmartTurn>> SmartTurn::load(const std::string& file) {
  PARLEY_TRY(InferenceSession session, InferenceSession::load(file, {"input_features"}, {}));
  PARLEY_TRY(WhisperLogMel features, WhisperLogMel::make());
  std::unique_ptr<SmartTurn> made(new SmartTurn(std::move(session), std::move(features)));
  // A first run proves that the file is the model it should be, and warms the session up.
  model::TurnCall probe;
  probe.audio.resize(WhisperLogMel::kWindow);
  made->judge(probe);
  if (!probe.status) return probe.status.error().with_context(file);
  return made;
}

void SmartTurn::judge(model::TurnCall& call) noexcept {
  const Result<float> answer = probability(call);
  if (call.cancelled()) {
    call.status = Error{ErrorCode::cancelled, "cancelled"};
  } else if (!answer) {
    call.status = answer.error();
  } else {
    call.probability = *answer;
    call.status = {};
  }
}

Result<float> SmartTurn::probability(model::TurnCall& call) const {
  const std::vector<float> audio = normalised(call.audio);
  WhisperLogMel log_mel = features_;
  const std::size_t bins = log_mel.dimensions();
  std::vector<float> rows(kFrames * bins);
  for (std::size_t i = 0; i < kFrames; ++i) {
    log_mel.compute(std::span(audio).subspan(i * WhisperLogMel::kHop, WhisperLogMel::kWindow),
                    std::span(rows).subspan(i * bins, bins));
  }
  WhisperLogMel::level(rows);
  std::vector<float> columns(rows.size());  // the model wants bins before frames
  for (std::size_t i = 0; i < kFrames; ++i) {
    for (std::size_t bin = 0; bin < bins; ++bin) columns[bin * kFrames + i] = rows[i * bins + bin];
  }
  const std::array<std::int64_t, 3> shape{1, static_cast<std::int64_t>(bins),
                                          static_cast<std::int64_t>(kFrames)};
  PARLEY_TRY(const OrtValuePtr input, tensor(std::span(columns), shape));
  constexpr std::array kIn{"input_features"};
  const std::array kOut{session_.outputs().front().c_str()};
  const std::array<const OrtValue*, 1> in{input.get()};
  std::array<OrtValue*, 1> out{nullptr};
  const TerminateOnCancel terminate(call);
  PARLEY_TRY_STATUS(session_.run(terminate.options(), kIn, in, kOut, out));
  const OrtValuePtr output(out[0]);
  PARLEY_TRY(const std::span<const float> values, floats(*output));
  if (values.size() != 1) return Error{ErrorCode::data_corrupt, "not one probability"};
  return std::clamp(values[0], 0.0F, 1.0F);
}

}  // namespace parley::backend
