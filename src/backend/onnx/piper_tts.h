// SPDX-License-Identifier: Apache-2.0
//
// A Piper voice (VITS), converted by tools/convert_piper.py so that its noise is an input: the same
// text, speed and seed give the same audio, sample for sample.
//
//   input [1, ids], input_lengths [1], scales [3], noise_duration [1, 2, ids],
//   noise_latent [1, 192, frames or more] → output [1, 1, 1, samples], durations [1, 1, ids]
//
// Measured: 0.08 s of CPU per second of audio. One shot per clause: the first sample comes with the
// last, so the first clause of a reply should be short.
// Threads: immutable; several threads may synthesize at once.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/onnx/ort_session.h"
#include "backend/onnx/piper_voice.h"
#include "backend/phonemizer/phonemizer.h"
#include "base/result.h"
#include "media/buffer_pool.h"
#include "model/tts_model.h"

namespace parley::backend {

class PiperTts final : public model::TtsModel {
 public:
  /// The most that one clause may be, in ids (two per phoneme): about 24 s of speech. Time and
  /// memory grow with the square.
  static constexpr std::size_t kIdsMax = 1000;
  static constexpr int kFrameSamples = 256;  // what a duration counts
  static constexpr float kSpeedMin = 0.25F;
  static constexpr float kSpeedMax = 4.0F;

  /// `folder` holds voice.onnx and voice.json. `phonemizer` must outlive the model.
  static Result<std::unique_ptr<PiperTts>> load(const std::string& folder, Phonemizer& phonemizer);

  bool synthesize(model::TtsCall& call) noexcept override;
  [[nodiscard]] int rate() const noexcept override { return voice_.rate; }

 private:
  PiperTts(InferenceSession session, PiperVoice voice, Phonemizer& phonemizer)
      : session_(std::move(session)), voice_(std::move(voice)), phonemizer_(phonemizer) {}
  struct Spoken {
    media::BufferRef audio;
    std::vector<float> durations;  // of each id, in frames of kFrameSamples
  };
  Result<Spoken> speak(model::TtsCall& call);
  Result<Spoken> run(model::TtsCall& call, std::vector<std::int64_t>& ids, std::size_t frames);

  const InferenceSession session_;
  const PiperVoice voice_;
  Phonemizer& phonemizer_;
  media::BufferPool pool_;
};

}  // namespace parley::backend
