// SPDX-License-Identifier: Apache-2.0
//
// A header field's value that has parameters: `form-data; name="file"; filename="a \"b\".wav"`
// (RFC 9110 §5.6.6, and for `name*=utf-8''…` RFC 8187).
//
// Threads: any (pure).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::protocol {

struct HeaderValue {
  std::string word;  // before the first semicolon, in lower case
  // Names in lower case, values without their quotes, in order. A `name*` is decoded and stands
  // here as `name`, before a plain one.
  std::vector<std::pair<std::string, std::string>> parameters;

  /// The first of that name, which is in lower case; null when there is none.
  [[nodiscard]] const std::string* parameter(std::string_view name) const;
};

/// Nothing when it cannot be read: a quote that is never closed, a parameter without a name.
[[nodiscard]] std::optional<HeaderValue> parse_header_value(std::string_view text);

/// ASCII letters in lower case; other bytes as they are.
[[nodiscard]] std::string lower_case(std::string_view text);
/// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view without_blanks(std::string_view text) noexcept;

}  // namespace parley::protocol
