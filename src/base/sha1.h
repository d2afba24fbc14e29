// SPDX-License-Identifier: Apache-2.0
//
// HMAC-SHA-1 (RFC 2104), by OpenSSL: for signatures of services that still have it, and for
// nothing else. Threads: any (pure).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace parley {

/// 20 bytes.
[[nodiscard]] std::array<std::byte, 20> hmac_sha1(std::string_view key, std::string_view text);

/// In a time that does not tell where they differ.
[[nodiscard]] bool equal_in_secret(std::string_view a, std::string_view b) noexcept;

}  // namespace parley
