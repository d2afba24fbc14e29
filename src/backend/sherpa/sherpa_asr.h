// SPDX-License-Identifier: Apache-2.0
//
// A recogniser of sherpa-onnx that hears an utterance at once (SenseVoice, Paraformer, transducers,
// CTC models, Whisper) from a folder with a sherpa.json (sherpa_model.h).
//
// It hears the language that its sherpa.json names, whatever a call asks for, and does not
// translate. A run cannot be stopped: a cancel is heeded before it and behind it.
//
// A FILE THAT SHERPA DOES NOT LIKE ENDS THE PROCESS. Load one only after sherpa_check.h has tried
// it in another one. Threads: immutable; several threads may transcribe at once.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "backend/sherpa/sherpa_model.h"
#include "base/result.h"
#include "model/asr_model.h"

namespace parley::backend {

class SherpaAsr : public model::AsrModel {
 public:
  /// Longer audio is refused; whoever has it cuts it at a silence. 30 s.
  static constexpr std::size_t kSamplesMax = 30 * std::size_t{model::kAsrRate};

  /// `library`: the path of libsherpa-onnx-c-api.so. `model` is of the kind `whole`. `hot_words`:
  /// of all calls, before their own, where the model takes any. Errors: not_found,
  /// failed_precondition (another release), data_corrupt.
  static Result<std::unique_ptr<SherpaAsr>> load(const std::string& library, SherpaModel model,
                                                 std::vector<std::string> hot_words = {});

  [[nodiscard]] std::size_t samples_max() const noexcept override { return kSamplesMax; }
};

}  // namespace parley::backend
