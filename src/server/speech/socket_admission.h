// SPDX-License-Identifier: Apache-2.0
//
// Who speaks through a socket, and whose limits it draws on. Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/api_keys.h"
#include "server/key_limits.h"

namespace parley::server {

struct SocketAdmission {
  std::shared_ptr<KeyAccount> account;  // shared with the server's own list
  /// A place among the key's sessions, given back with this; null without limits.
  std::shared_ptr<service::Allowance> allowance;
  std::uint64_t owner = 0;  // whose share of the voice it takes
  std::string sees = {};    // whose things it sees, such as enrolled speakers
};

/// What a socket that may not come in is told, before it is closed.
struct SocketRefusal {
  int status = 401;  // as HTTP has them
  std::uint16_t close_code = 1008;
  std::string code;  // "invalid_api_key"
  std::string message;
  std::int64_t retry_seconds = 0;  // 0: is not told
};

/// `key`: which of all was shown; nothing when none was. `remote`: "127.0.0.1:54321".
[[nodiscard]] std::variant<SocketAdmission, SocketRefusal> admit_socket(
    const ApiKeys& keys, const KeyAccounts& accounts, std::optional<std::size_t> key,
    std::string_view remote);

}  // namespace parley::server
