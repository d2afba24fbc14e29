// SPDX-License-Identifier: Apache-2.0
//
// One loaded voice of sherpa-onnx.
//
// A FILE THAT SHERPA DOES NOT LIKE ENDS THE PROCESS. Load a voice only after sherpa_check.h has
// tried it in another one.
//
// Threads: immutable; several may speak at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/sherpa/sherpa_voice.h"
#include "base/result.h"

namespace parley::backend {

/// What is said: text, or phonemes as Unicode, sentence by sentence, none of them empty.
struct SherpaText {
  std::string text;
  std::vector<std::int32_t> phonemes{};
  std::vector<std::int32_t> sentence_lengths{};
};

class SherpaSynthesizer {
 public:
  /// After each sentence: its samples. False: no more, please.
  using OnAudio = std::function<bool(std::span<const float> samples)>;

  /// `library`: the path of libsherpa-onnx-c-api.so. Errors: not_found, failed_precondition
  /// (another release), data_corrupt.
  static Result<std::unique_ptr<SherpaSynthesizer>> open(const std::string& library,
                                                         const SherpaVoice& voice);
  virtual ~SherpaSynthesizer() = default;

  [[nodiscard]] virtual int rate() const noexcept = 0;  // Hz
  [[nodiscard]] virtual int speakers() const noexcept = 0;
  /// Errors: internal.
  virtual Status speak(const SherpaText& text, int speaker, float speed,
                       const OnAudio& on_audio) const = 0;
};

}  // namespace parley::backend
