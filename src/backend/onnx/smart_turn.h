// SPDX-License-Identifier: Apache-2.0
//
// smart-turn v3.2 (smart-turn-v3.2-cpu.onnx): has the speaker finished, by intonation and words?
//
//   input_features [1, 80, 800] → probability [1, 1]
//
// It hears the last 8 s, silence in front of shorter audio, normalised as a whole; Whisper's log
// mel features. Measured: 9 ms of CPU for the features, 50 ms for the model. Its numbers are
// chaotic: features that differ by 1e-7 have moved an answer by 0.16
// (operators/turn/model_detector.h). Threads: immutable; several threads may judge at once.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "backend/onnx/ort_session.h"
#include "base/result.h"
#include "dsp/whisper_log_mel.h"
#include "model/turn_model.h"

namespace parley::backend {

class SmartTurn final : public model::TurnModel {
 public:
  static Result<std::unique_ptr<SmartTurn>> load(const std::string& file);

  void judge(model::TurnCall& call) noexcept override;

 private:
  SmartTurn(InferenceSession session, dsp::WhisperLogMel features)
      : session_(std::move(session)), features_(std::move(features)) {}
  Result<float> probability(model::TurnCall& call) const;

  const InferenceSession session_;
  const dsp::WhisperLogMel features_;  // copied for each call: it has a work space
};

}  // namespace parley::backend
