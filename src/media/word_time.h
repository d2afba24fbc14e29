// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "media/media_time.h"

namespace parley::media {

/// When a word is heard, counted from the start of whatever it is a word of. `text` is as it is
/// written, its punctuation included: words with spaces between them are the text again.
struct WordTime {
  std::string text;
  MediaTime begin;
  MediaTime end;
  friend bool operator==(const WordTime&, const WordTime&) = default;
};

/// How sure a recogniser was of one piece of its text.
struct TokenScore {
  std::string text;      // its bytes; a piece need not be whole characters
  double logprob = 0.0;  // natural, at most 0
  friend bool operator==(const TokenScore&, const TokenScore&) = default;
};

}  // namespace parley::media
