// SPDX-License-Identifier: Apache-2.0
//
// Keys in a file, one JSON object a line. Of a key there is only its SHA-256; what is left out is
// as `limits.*` says. A key that was revoked stays, so that its name is not taken for another's:
//
//   {"name":"web","sha256":"8ed3…","created_at":1795000000,"expires_at":1802776000,"streams":4}
//
// It is replaced as a whole, so that whoever reads it sees all of it, before or after a change.
//
// Threads: any; blocks on the disk.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/keys/key_record.h"

namespace parley::server {

/// Keys in one file, revoked ones included; a larger file is refused.
inline constexpr std::size_t kKeyFileKeysMax = 10'000;
/// Bytes of the file.
inline constexpr std::size_t kKeyFileBytesMax = 16U << 20U;
using protocol::KeyRecord;
using KeyRecords = std::vector<KeyRecord>;

/// Errors: invalid_argument, naming the line; resource_exhausted.
[[nodiscard]] Result<KeyRecords> parse_key_records(std::string_view text);
/// As `parse_key_records` takes them. Errors: its own.
[[nodiscard]] Result<std::string> key_records_text(const KeyRecords& records);

/// Errors: not_found, permission_denied, resource_exhausted, and those of parse_key_records.
[[nodiscard]] Result<KeyRecords> read_key_file(const std::string& path);
/// Reads, changes and replaces the file, which only its owner can read then; one process at a time.
/// There need not be one. Errors: those of `change`, after which nothing is written, and of the
/// disk.
[[nodiscard]] Status change_key_file(const std::string& path,
                                     const std::function<Status(KeyRecords&)>& change);

}  // namespace parley::server
