// SPDX-License-Identifier: Apache-2.0
//
// When each character of a text is heard, from the times of the words (and phonemes) that a voice
// tells, and from what of the text each spoken word stands for.
//
//   alignment.append(align_spoken(form.text, words, phonemes), begin_of_the_chunk);
//   … = alignment.take_before(end_of_this_piece);   // and the rest later
//
// Within a word time follows its phonemes, evenly over its letters where there are none. A pause
// between two words belongs to the space between them. Characters touch: each ends where the next
// one begins, and no time ever falls.
//
// Threads: value types; functions are pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/media_time.h"
#include "media/spoken_form.h"
#include "media/word_time.h"

namespace parley::protocol {

struct TimedCharacter {
  std::string text;  // one code point
  media::MediaTime begin;
  media::MediaTime end;
};

/// Of `spoken`, whose words and phonemes these are. Empty without words.
[[nodiscard]] std::vector<TimedCharacter> align_spoken(std::string_view spoken,
                                                       std::span<const media::WordTime> words,
                                                       std::span<const media::WordTime> phonemes);
/// Of `written`, which `form` is the spoken form of.
[[nodiscard]] std::vector<TimedCharacter> align_written(std::string_view written,
                                                        const media::SpokenForm& form,
                                                        std::span<const media::WordTime> words,
                                                        std::span<const media::WordTime> phonemes);

/// Characters that are heard one after the other, given out piece by piece.
class Alignment {
 public:
  /// `begin`: of what they are timed from.
  void append(std::vector<TimedCharacter> characters, media::MediaTime begin);
  /// Those that begin before `end`; the last one ends by `end`.
  [[nodiscard]] std::vector<TimedCharacter> take_before(media::MediaTime end);
  [[nodiscard]] bool empty() const { return next_ == waiting_.size(); }

 private:
  std::vector<TimedCharacter> waiting_;
  std::size_t next_ = 0;  // the first that was not taken
};

}  // namespace parley::protocol
