// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace parley::backend {

/// Takes one character off the front; bytes that are not UTF-8 count as one unknown character
/// (U+FFFD) each. REQUIRES: not empty.
char32_t take_character(std::string_view& utf8);

}  // namespace parley::backend
