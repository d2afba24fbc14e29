// SPDX-License-Identifier: Apache-2.0
//
// A key in a file of keys, as one line of JSON. Of the key there is only its SHA-256; what is left
// out is as `limits.*` says:
//
//   {"name":"web","sha256":"8ed3…","created_at":1795000000,"expires_at":1802776000,"streams":4}
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace parley::protocol {

/// Bytes of a key's name.
inline constexpr std::size_t kKeyNameBytesMax = 64;

struct KeyRecord {
  std::string name;             // letters, digits, `.`, `_` and `-`
  std::string sha256;           // 64 lower-case hexadecimal digits
  std::int64_t created_at = 0;  // seconds since 1970
  std::int64_t expires_at = 0;  // likewise; 0: never
  std::int64_t revoked_at = 0;  // likewise; 0: it is not
  /// Every other member, in order: names of limits, and numbers as text.
  std::vector<std::pair<std::string, std::string>> limits = {};

  /// When it stops, or stopped, to be a key; 0: never.
  [[nodiscard]] std::int64_t ends_at() const noexcept {
    if (revoked_at == 0 || expires_at == 0) return revoked_at + expires_at;
    return revoked_at < expires_at ? revoked_at : expires_at;
  }
};

/// Errors: invalid_argument.
[[nodiscard]] Status check_key_name(std::string_view name);
/// Errors: invalid_argument. Whether there are such limits is not looked at.
[[nodiscard]] Result<KeyRecord> parse_key_record(std::string_view line);
/// Without the line's end.
[[nodiscard]] std::string key_record_json(const KeyRecord& record);

}  // namespace parley::protocol
