// SPDX-License-Identifier: Apache-2.0
//
// Whisper (multilingual): speech of 99 languages to text, or to English (`AsrCall::translate`). The
// language is the call's, or found. Words have times where the language writes spaces between them
// and nothing is translated.
//
// The model was trained on windows of 30 s. It hears silence behind a short recording as well, and
// needs a little of it, but not 30 s: that would cost a second of CPU each time. An answer that
// looks wrong (whisper_guard.h) is asked for again with the whole window.
//
// `AsrHints::prompt` is read as what was said before, as in openai/whisper.
//
// Threads: immutable; several threads may transcribe at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/onnx/hot_words.h"
#include "backend/onnx/whisper_graphs.h"
#include "backend/onnx/whisper_vocabulary.h"
#include "base/result.h"
#include "dsp/whisper_log_mel.h"
#include "model/asr_model.h"

namespace parley::backend {

class WhisperAsr final : public model::AsrModel {
 public:
  /// Longer audio is refused; whoever has it cuts it at a silence.
  static constexpr std::size_t kSamplesMax = 30 * std::size_t{model::kAsrRate};
  /// Latin scripts take about 4 tokens per second; those that the vocabulary spells in bytes three
  /// times as many. More than this is the model talking to itself.
  static constexpr double kTokensPerSecondMax = 14.0;
  static constexpr std::size_t kTokensMargin = 12;

  /// `folder` holds what tools/convert_whisper.py made.
  /// `hot_words`: of all calls, beside their own.
  static Result<std::unique_ptr<WhisperAsr>> load(const std::string& folder,
                                                  std::vector<std::string> hot_words = {});

  /// A language that the model does not know is an invalid_argument.
  void transcribe(model::AsrCall& call) noexcept override;
  [[nodiscard]] std::size_t samples_max() const noexcept override { return kSamplesMax; }

 private:
  struct Answer;
  WhisperAsr(WhisperGraphs graphs, WhisperVocabulary vocabulary, dsp::WhisperLogMel features,
             std::vector<std::string> hot_words);
  Status recognise(model::AsrCall& call) const;
  Result<Answer> attempt(const model::AsrCall& call, WhisperRun& run, std::size_t samples,
                         std::optional<std::int64_t> language) const;
  Result<std::span<const float>> read_prompt(const model::AsrCall& call, WhisperRun& run,
                                             std::optional<std::int64_t> language,
                                             Answer& answer) const;
  [[nodiscard]] std::vector<std::int64_t> said_before(const model::AsrCall& call) const;
  void tell(const Answer& answer, model::AsrCall& call) const;

  const WhisperGraphs graphs_;
  const WhisperVocabulary vocabulary_;
  const dsp::WhisperLogMel features_;  // copied for each call: it has a work space
  const HotWords hot_words_;
};

}  // namespace parley::backend
