// SPDX-License-Identifier: Apache-2.0
//
// Names and terms that a transducer of sherpa-onnx leans towards, as it takes them: a text for each
// utterance. Such a model writes only what its tokens can, and often in capitals only; sherpa logs
// what it cannot write at each utterance, takes "/", ":", "#" and "@" for marks of its own, and
// ends the process where a model was not said to spell. So it is given nothing that it cannot
// write.
//
//   const auto words = SherpaHotWords::make(model, config.asr.hot_words);
//   const std::string text = (*words)->of(call.hints);              // empty: none
//
// Threads: immutable, but for what is told once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backend/sherpa/sherpa_model.h"
#include "base/result.h"
#include "model/asr_model.h"

namespace parley::backend {

/// Of all words of an utterance together: bounds what each utterance costs.
inline constexpr std::size_t kSherpaHotWordsBytesMax = 16'384;
/// For each token of such a word, as the natural logarithm of a probability; sherpa's own.
inline constexpr float kSherpaHotWordsScore = 1.5F;
/// Ways that a model with hot words follows at once; likewise.
inline constexpr int kSherpaPathsMax = 4;

class SherpaHotWords {
 public:
  /// `own`: of all calls, before theirs. Errors: not_found (the tokens).
  static Result<std::unique_ptr<const SherpaHotWords>> make(const SherpaModel& model,
                                                            std::vector<std::string> own);
  /// `tokens`: the text of a tokens.txt. `unit`: SherpaModel::modeling_unit. `folder` is for the
  /// log.
  SherpaHotWords(std::string_view tokens, std::string unit, std::string folder,
                 const std::vector<std::string>& own);

  /// Words of the configuration, and of a call; empty: there are none that the model can write. One
  /// that takes none says so in the log when it is first told some.
  [[nodiscard]] std::string of(const model::AsrHintsRef& hints) const;

 private:
  enum class Letters : std::uint8_t { any, upper, lower };

  void tell_that_it_takes_none() const;
  void append(std::string& text, const std::vector<std::string>& words) const;
  /// As the tokens write it; nothing where they cannot.
  [[nodiscard]] std::optional<std::string> spelled(std::string_view word) const;
  /// Of what has no blanks in it: sherpa finds tokens for all of it.
  [[nodiscard]] bool writes(std::string_view run) const;

  const std::string unit_;
  const std::string folder_;
  std::set<std::string, std::less<>> tokens_;
  Letters letters_ = Letters::any;
  std::string own_;
  mutable std::atomic<bool> is_told_{false};
};

}  // namespace parley::backend
