// SPDX-License-Identifier: Apache-2.0
//
// What `parley keys` does with the keys, in their file or in Redis. A new key is written to `out`
// once, alone on its line, so that a script can take it; nobody can read it again.
//
// Threads: one owner; blocks on the disk or the network.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "server/key_place.h"

namespace parley::cli {

struct NewKey {
  std::string name;
  std::string expires;                                      // as parse_expiry takes it
  std::vector<std::pair<std::string, std::string>> limits;  // names of key_limit_fields()
};

/// Seconds since 1970 of "90d", "12h" or "30m" from now, or of "2027-01-31" (its first moment in
/// UTC); 0 of "never". Errors: invalid_argument.
[[nodiscard]] Result<std::int64_t> parse_expiry(std::string_view text, std::int64_t now);

/// Errors of all: those of the place; already_exists, not_found (the name), invalid_argument.
[[nodiscard]] Status create_key(const server::KeyPlace& place, const NewKey& wanted,
                                const Clock& clock, std::ostream& out, std::ostream& err);
/// A table, or the file's own lines.
[[nodiscard]] Status list_keys(const server::KeyPlace& place, bool json, const Clock& clock,
                               std::ostream& out);
/// Everything that is known of one key.
[[nodiscard]] Status show_key(const server::KeyPlace& place, const std::string& name,
                              const Clock& clock, std::ostream& out);
/// Its name stays taken. Revoking it again changes nothing.
[[nodiscard]] Status revoke_key(const server::KeyPlace& place, const std::string& name,
                                const Clock& clock, std::ostream& err);

}  // namespace parley::cli
