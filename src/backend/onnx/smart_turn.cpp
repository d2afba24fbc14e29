// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/smart_turn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/onnx/log_mel_block.h"
#include "backend/onnx/terminate_on_cancel.h"

namespace parley::backend {
namespace {

using dsp::WhisperLogMel;

constexpr std::size_t kFrames = model::kTurnSamplesMax / WhisperLogMel::kHop;
constexpr double kVarianceFloor = 1e-7;

/// 8 s, silence in front, of mean 0 and variance 1.
std::vector<float> normalised(std::span<const float> audio) {
  std::vector<float> out(model::kTurnSamplesMax, 0.0F);
  audio = audio.last(std::min(audio.size(), model::kTurnSamplesMax));
  std::ranges::copy(audio, std::span(out).last(audio.size()).begin());
  double sum = 0.0;
  double squares = 0.0;
  for (const float sample : out) {
    sum += static_cast<double>(sample);
    squares += static_cast<double>(sample) * static_cast<double>(sample);
  }
  const double mean = sum / static_cast<double>(out.size());
  const double variance = squares / static_cast<double>(out.size()) - mean * mean;
  const double scale = 1.0 / std::sqrt(variance + kVarianceFloor);
  for (float& sample : out) {
    sample = static_cast<float>((static_cast<double>(sample) - mean) * scale);
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
  const std::size_t bins = features_.dimensions();
  std::vector<float> columns = log_mel_block(features_, normalised(call.audio), kFrames);
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
