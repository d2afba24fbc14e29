// SPDX-License-Identifier: Apache-2.0
//
// What sherpa-onnx tells of its words, as we tell it.
//
// Threads: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/word_time.h"

namespace parley::backend {

/// Pieces of a text and when each begins, in seconds. `times` and `lengths` are as many as `tokens`
/// or none.
struct SherpaPieces {
  std::span<const char* const> tokens;
  std::span<const float> times;
  std::span<const float> lengths;
};

/// Words with their times, none of which is after `end`. A word begins where a piece begins with a
/// space, or with what stands for one ("▁"); where no piece does, as with Paraformer, each is a
/// word, or the beginning of one ("to@@", "day"). Characters of Chinese and Japanese are words of
/// their own. Nothing: the times are not known, or a piece is but a byte of a character ("<0xE4>").
[[nodiscard]] std::vector<media::WordTime> sherpa_words(const SherpaPieces& pieces,
                                                        media::MediaTime end);

/// How sure it was of each piece, as the JSON of a streaming result has it (`ys_probs`), which the
/// result itself has not. Nothing: models that are no transducers do not tell.
[[nodiscard]] std::vector<media::TokenScore> sherpa_scores(const char* json,
                                                           std::span<const char* const> tokens);

/// "<|HAPPY|>" → "HAPPY"; empty for what says nothing ("<|EMO_UNKNOWN|>"), or is absent (null).
[[nodiscard]] std::string sherpa_label(const char* label);

/// Without spaces at either end.
[[nodiscard]] std::string sherpa_text_of(const char* text);

}  // namespace parley::backend
