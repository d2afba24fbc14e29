// SPDX-License-Identifier: Apache-2.0
//
// What a remote recogniser has heard in an utterance, whatever it was told in. Threads: value type.
#pragma once

#include <string>
#include <vector>

#include "media/media_time.h"
#include "media/word_time.h"

namespace parley::backend {

struct HeardAnswer {
  std::string text{};
  std::string language{};                   // ISO 639-1; empty: not told
  std::vector<media::WordTime> words{};     // joined by spaces they are `text`; empty: not told
  std::vector<media::TokenScore> tokens{};  // joined they are `text`; likewise
};

/// Without spaces at its ends.
[[nodiscard]] std::string trimmed(std::string_view text);

/// Makes the answer keep its own rules: words as the text spells them (endpoints leave punctuation
/// out of them), times in order and within `length`, neither where they do not fit.
void tidy_answer(HeardAnswer& answer, media::MediaTime length);

}  // namespace parley::backend
