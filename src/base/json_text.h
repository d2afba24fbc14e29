// SPDX-License-Identifier: Apache-2.0
//
// Writing JSON scalars (RFC 8259) for log lines: enough to be always valid, and nothing more.
// Documents are built in protocol/, with a JSON library.
//
// Threads: any (pure functions).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parley::json_text {

/// Appends `text` quoted and escaped. At most `bytes_max` bytes of it are read, cut at a character
/// and marked with "…"; a byte that is not part of valid UTF-8 becomes U+FFFD.
void append_string(std::string& out, std::string_view text, std::size_t bytes_max);

/// Appends the shortest text that reads back as `value`; JSON has no infinities and no NaN: `null`.
void append_number(std::string& out, double value);

}  // namespace parley::json_text
