// SPDX-License-Identifier: Apache-2.0
//
// Whose share of the voice a request takes: its key's, or else its address's. Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "server/key_limits.h"

namespace parley::server {

/// `account`: KeyAccounts::kEverybody, or of_key; `remote`: "127.0.0.1:54321".
[[nodiscard]] inline std::uint64_t speech_owner(std::size_t account, std::string_view remote) {
  if (account != KeyAccounts::kEverybody) return account;
  const std::string_view address = remote.substr(0, remote.rfind(':'));
  return std::hash<std::string_view>()(address) | 1ULL << 63U;
}

}  // namespace parley::server
