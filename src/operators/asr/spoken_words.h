// SPDX-License-Identifier: Apache-2.0
//
// The words of what a recogniser writes, as two of its texts are compared: without case and
// punctuation, numbers whole ("0.8", "10:30"), writing without spaces (Chinese, Japanese) character
// by character.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parley::operators {

struct SpokenWord {
  std::string compared;
  std::size_t begin = 0;  // in the text, with what precedes its first letter
  std::size_t end = 0;    // after its last letter
};

[[nodiscard]] std::vector<SpokenWord> spoken_words(std::string_view text);

}  // namespace parley::operators
