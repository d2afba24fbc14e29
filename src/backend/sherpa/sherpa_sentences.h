// SPDX-License-Identifier: Apache-2.0
//
// A clause's phonemes as sherpa-onnx wants them, and when its words are likely to be heard.
//
// Threads: pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "backend/onnx/spoken_phonemes.h"
#include "backend/sherpa/sherpa_synthesizer.h"
#include "media/word_time.h"

namespace parley::backend {

/// IPA in UTF-8, cut after each full stop, question and exclamation mark. Bytes that are no UTF-8
/// are left out, and so are sentences of nothing but spaces and punctuation.
[[nodiscard]] SherpaText sentences_of(std::string_view ipa);

/// The words of what is spoken, evenly spread: every character of its phonemes lasts
/// `samples_per_character`.
[[nodiscard]] std::vector<media::WordTime> likely_words(const SpokenPhonemes& spoken,
                                                        double samples_per_character, int rate);
[[nodiscard]] std::vector<media::WordTime> likely_phonemes(const SpokenPhonemes& spoken,
                                                           double samples_per_character, int rate);

}  // namespace parley::backend
