// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text to phonemes, with the punctuation that espeak-ng drops. espeak_TextToPhonemes takes one
// clause off the text and says where the next one begins, but not which mark ended it; that is read
// from the text in between.
//
// espeak-ng has one global state: one thread.
#pragma once

#include <string>
#include <string_view>

namespace parley_phonemizer {

/// Prepares espeak-ng; `data` is the folder of espeak-ng-data, or null for the system's. Empty when
/// all went well, otherwise what went wrong.
std::string initialize(const char* data);

/// Chooses the language; empty, or what went wrong.
std::string set_voice(const std::string& name);

std::string phonemes(const std::string& text);

/// The mark that ended a clause: one of `, ; : . ! ?`, or 0 when it ended without one or the mark
/// belongs to an abbreviation. `consumed` is the text up to where espeak-ng stopped; unless that is
/// the end of the text, it includes one character of the next clause.
char clause_end(std::string_view consumed, bool is_last);

}  // namespace parley_phonemizer
