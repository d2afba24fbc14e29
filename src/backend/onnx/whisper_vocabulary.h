// SPDX-License-Identifier: Apache-2.0
//
// What the tokens of a multilingual Whisper mean: pieces of text, and after them the special ones,
// of which the first ends an answer. Special ones are known by their names, so that models of other
// sizes (which have more languages) work as well.
//
// What was said before may stand in front: previous(), and the tokens of its text. Then the prompt
// is begin(), the language's token, and `task` (transcribe or translate, and "no
// timestamps"). Scores after begin() tell the language, and whether there is speech at all.
//
// Threads: immutable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/onnx/token_table.h"
#include "base/result.h"

namespace parley::backend {

class WhisperVocabulary {
 public:
  /// Ids that are never said, and those that are never said first, as lists "1,2,3".
  struct Suppressed {
    std::string always;
    std::string first;
  };
  /// data_corrupt when it has not the special tokens of a multilingual model, or a list is none.
  static Result<WhisperVocabulary> make(TokenTable tokens, const Suppressed& suppressed);

  /// Ids; those below `end` are text.
  [[nodiscard]] std::int64_t end() const noexcept { return end_; }
  [[nodiscard]] std::int64_t begin() const noexcept { return begin_; }
  [[nodiscard]] std::array<std::int64_t, 2> task(bool translate) const noexcept {
    return {translate ? translate_ : transcribe_, no_timestamps_};
  }
  /// Stands before a text that was said before; nothing: the model knows no such thing.
  [[nodiscard]] std::optional<std::int64_t> previous() const noexcept;
  /// The tokens of a text: byte pairs, merged in the order of their ids (Sennrich et al. 2016, as
  /// openai/tiktoken does it), within words.
  [[nodiscard]] std::vector<std::int64_t> encode(std::string_view text) const;
  /// Of all ids, special ones included.
  [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }

  /// The token of "en", "EN", "en-US" or "en_US"; nothing for a language that the model lacks.
  [[nodiscard]] std::optional<std::int64_t> language(std::string_view code) const;
  /// ISO 639-1, or the model's own name where that has none ("haw").
  [[nodiscard]] std::string code(std::int64_t language) const;
  /// The language's token that is most likely by `scores`, those after begin().
  [[nodiscard]] std::int64_t likeliest_language(std::span<const float> scores) const noexcept;
  /// How likely it is by `scores`, those after begin(), that nobody speaks.
  [[nodiscard]] double no_speech(std::span<const float> scores) const noexcept;

  /// Makes the tokens impossible that must not come next. `scores`: of text and `end`, [0, end].
  void suppress(std::span<float> scores, bool is_first) const noexcept;
  /// What one id adds to a text, a space before it included; empty for special ids.
  [[nodiscard]] std::string_view piece(std::int64_t id) const noexcept;
  /// Without spaces at its ends, and without the beginning of a character whose rest is missing.
  [[nodiscard]] std::string text(std::span<const std::int64_t> ids) const;

 private:
  explicit WhisperVocabulary(TokenTable tokens) : tokens_(std::move(tokens)) {}
  [[nodiscard]] std::int64_t find(std::string_view special) const noexcept;
  /// -1 when there is none.
  [[nodiscard]] std::int64_t id_of(std::string_view bytes) const noexcept;
  void encode_word(std::string_view word, std::vector<std::int64_t>& ids) const;

  TokenTable tokens_;
  std::vector<std::int64_t> never_;
  std::vector<std::int64_t> never_first_;
  std::vector<std::int64_t> languages_;
  std::vector<std::int64_t> by_bytes_;  // ids of text, in order of their bytes
  std::int64_t end_ = 0;
  std::int64_t begin_ = 0;
  std::int64_t transcribe_ = 0;
  std::int64_t translate_ = 0;
  std::int64_t no_speech_ = 0;
  std::int64_t no_timestamps_ = 0;
  std::int64_t previous_ = -1;
};

}  // namespace parley::backend
