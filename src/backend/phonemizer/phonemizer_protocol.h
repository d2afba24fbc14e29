// SPDX-License-Identifier: Apache-2.0
//
// What Parley and the program parley-phonemizer say to each other over a pair of pipes; the page
// apps/phonemizer/README.md is the definition.
//
//   request   <voice> <bytes>\n<text>
//   reply     ok <bytes>\n<phonemes>     or     error <bytes>\n<message>
//
// Threads: any (pure functions).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace parley::backend {

/// Between several texts of one request, and between their phonemes in the reply.
inline constexpr char kPhonemizerSeparator = '\x1F';
inline constexpr std::size_t kPhonemizerTextMax = 16'384;    // bytes of one request's text
inline constexpr std::size_t kPhonemizerReplyMax = 262'144;  // bytes of one reply's phonemes
inline constexpr std::size_t kPhonemizerVoiceMax = 32;       // letters, digits, '-', '_', '+'

/// invalid_argument when the text is too long or the voice's name has other characters.
[[nodiscard]] Result<std::string> phonemizer_request(std::string_view text, std::string_view voice);

struct PhonemizerReply {
  bool is_ok = false;
  std::string text;  // phonemes or message
};

/// Nothing while `received` is not a whole reply yet; data_corrupt when it never will be one.
[[nodiscard]] Result<std::optional<PhonemizerReply>> parse_phonemizer_reply(
    std::string_view received);

}  // namespace parley::backend
