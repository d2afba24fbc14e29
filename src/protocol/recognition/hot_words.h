// SPDX-License-Identifier: Apache-2.0
//
// Hot words, names and terms that a recogniser should lean towards, as protocols write them.
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/protocol_error.h"

namespace parley::protocol {

/// Of one request.
inline constexpr std::size_t kHotWordListMax = 500;
/// Of one of them, in bytes.
inline constexpr std::size_t kHotWordLengthMax = 256;

using HotWordsResult = std::variant<std::vector<std::string>, ProtocolError>;

/// A list of them that came as one: there are too many, or one is too long. Errors name `field`, as
/// those of what follows.
[[nodiscard]] std::optional<ProtocolError> hot_words_problem(std::string_view field,
                                                             const std::vector<std::string>& words);
/// "Parley,Svea Lindqvist": separated by commas.
[[nodiscard]] HotWordsResult parse_hot_words(std::string_view field, std::string_view list);
/// FunASR's: a JSON object in a string, `{"Parley": 20}`, whose weights are passed over; or words
/// separated by blanks.
[[nodiscard]] HotWordsResult parse_funasr_hot_words(std::string_view field, std::string_view text);

}  // namespace parley::protocol
