// SPDX-License-Identifier: Apache-2.0
//
// A Piper voice (VITS), cut by tools/convert_piper.py so that it speaks while it still computes:
// the text is encoded once, and then windows of frames become samples, the first one short, each a
// part of the call. Joints are not heard, since the samples are those of the whole
// (piper_graphs.h). The same text, speed and seed give the same audio, sample for sample, streamed
// or not.
//
// A voice of several speakers is spoken by the one that the call's voice names behind a `#`
// (model/voice_names.h).
// Measured (docs/measurements/speech.md): 0.045 s of CPU per second of audio; the first 0.4 s of a
// sentence of 3.4 s after 46 ms.
// Threads: immutable; several threads may synthesize at once.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/onnx/piper_graphs.h"
#include "backend/onnx/piper_speech.h"
#include "backend/onnx/piper_voice.h"
#include "backend/phonemizer/phonemizer.h"
#include "base/result.h"
#include "media/buffer_pool.h"
#include "model/tts_model.h"

namespace parley::backend {

class PiperTts final : public model::TtsModel {
 public:
  /// The most that one clause may be, in ids (two per phoneme): about 24 s of speech. The encoder's
  /// time and memory grow with the square.
  static constexpr std::size_t kIdsMax = 1000;

  /// `folder` holds voice.json and the graphs. `phonemizer` must outlive the model.
  static Result<std::unique_ptr<PiperTts>> load(const std::string& folder, Phonemizer& phonemizer);

  bool synthesize(model::TtsCall& call) noexcept override;
  [[nodiscard]] int rate() const noexcept override { return voice_.rate; }

 private:
  PiperTts(PiperGraphs graphs, PiperVoice voice, Phonemizer& phonemizer)
      : graphs_(std::move(graphs)), voice_(std::move(voice)), phonemizer_(phonemizer) {}
  Result<bool> step(model::TtsCall& call);
  Status begin(model::TtsCall& call);
  Result<std::unique_ptr<PiperSpeech>> encode(model::TtsCall& call, std::vector<std::int64_t>& ids,
                                              std::vector<float>& durations);
  [[nodiscard]] std::size_t next_window(const model::TtsCall& call,
                                        const PiperSpeech& speech) const;

  const PiperGraphs graphs_;
  const PiperVoice voice_;
  Phonemizer& phonemizer_;
  media::BufferPool pool_;
};

}  // namespace parley::backend
