// SPDX-License-Identifier: Apache-2.0
//
// A voice of sherpa-onnx (Kokoro, Matcha, Kitten, VITS, ZipVoice, Pocket, Supertonic) from a folder
// with a sherpa.json (sherpa_voice.h).
//
// These models make a sentence at one go: its first sample comes with its last, so one step says
// all of a call, a part at a time where it has several sentences, and a cancel is heeded after the
// sentence that runs. They draw their own noise: `seed` has no effect.
//
// Word and phoneme times are estimates: the length of the first sentence, spread evenly over its
// phonemes (or letters), and carried on at that pace.
//
// Threads: immutable; several threads may synthesize at once.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "backend/phonemizer/phonemizer.h"
#include "backend/sherpa/sherpa_synthesizer.h"
#include "backend/sherpa/sherpa_voice.h"
#include "base/result.h"
#include "media/buffer_pool.h"
#include "model/tts_model.h"

namespace parley::backend {

class SherpaTts final : public model::TtsModel {
 public:
  /// The voice has passed `check_sherpa`. `phonemizer` must outlive the model.
  static Result<std::unique_ptr<SherpaTts>> load(const std::string& library,
                                                 const std::string& folder, Phonemizer& phonemizer);

  bool synthesize(model::TtsCall& call) noexcept override;
  [[nodiscard]] int rate() const noexcept override { return synthesizer_->rate(); }

 private:
  SherpaTts(std::unique_ptr<SherpaSynthesizer> synthesizer, SherpaVoice voice,
            Phonemizer& phonemizer)
      : synthesizer_(std::move(synthesizer)), voice_(std::move(voice)), phonemizer_(phonemizer) {}
  Status speak(model::TtsCall& call);

  const std::unique_ptr<SherpaSynthesizer> synthesizer_;
  const SherpaVoice voice_;
  Phonemizer& phonemizer_;
  media::BufferPool pool_;
};

}  // namespace parley::backend
