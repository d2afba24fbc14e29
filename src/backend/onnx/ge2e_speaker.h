// SPDX-License-Identifier: Apache-2.0
//
// GE2E, the speaker encoder of Resemblyzer (Wan et al., "Generalized end-to-end loss for speaker
// verification", 2018), which tools/convert_ge2e.py makes an ONNX graph:
//
//   mels [windows, 160, 40] → embedding [windows, 256], each of length 1
//
// An utterance is made as loud as -30 dBFS unless it is louder, cut into windows of 1.6 s that
// overlap (ge2e_partials.h), and its embedding is the mean of theirs, of length 1 again. All
// components are positive: even strangers have a cosine around 0.5.
// Shorter speech than 1.6 s is filled up with silence, and says less.
//
// Threads: immutable; several threads may embed at once.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/onnx/ge2e_partials.h"
#include "backend/onnx/ort_session.h"
#include "base/result.h"
#include "dsp/power_mel.h"
#include "model/speaker_model.h"

namespace parley::backend {

/// 60 s; a speaker is known long before.
inline constexpr std::size_t kSpeakerSamplesMax = 60 * std::size_t{model::kSpeakerRate};

class Ge2eSpeaker final : public model::SpeakerModel {
 public:
  /// A new window every `step_frames` (of 10 ms): fewer windows cost less and tell less.
  struct Options {
    std::size_t step_frames = kPartialStepFrames;
  };

  /// Errors: not_found; data_corrupt (damaged, or another model); invalid_argument (the step).
  static Result<std::unique_ptr<Ge2eSpeaker>> load(const std::string& file, Options options);
  static Result<std::unique_ptr<Ge2eSpeaker>> load(const std::string& file) {
    return load(file, Options());
  }

  void embed(model::SpeakerCall& call) noexcept override;
  [[nodiscard]] std::size_t dimension() const noexcept override { return kDimension; }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return kSpeakerSamplesMax; }
  [[nodiscard]] std::string name() const override { return "ge2e"; }

 private:
  static constexpr std::size_t kDimension = 256;
  static constexpr int kBins = 40;

  Ge2eSpeaker(InferenceSession session, dsp::PowerMel mel, Options options)
      : session_(std::move(session)), mel_(std::move(mel)), options_(options) {}
  Result<std::vector<float>> embedding(model::SpeakerCall& call) const;
  [[nodiscard]] std::vector<float> windows(std::span<const float> audio,
                                           std::span<const std::size_t> starts) const;

  const InferenceSession session_;
  const dsp::PowerMel mel_;  // copied for each call: it has a work space
  const Options options_;
};

}  // namespace parley::backend
