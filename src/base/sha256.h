// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4), by OpenSSL.
//
//   Sha256 hash;
//   hash.update(bytes);
//   if (hash.finish() != expected) …
//
// Threads: one owner.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace parley {

class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  /// 64 lower-case hexadecimal digits; afterwards it is as new.
  [[nodiscard]] std::string finish();
  /// The same as 32 bytes.
  [[nodiscard]] std::array<std::byte, 32> finish_bytes();

 private:
  struct Free {
    void operator()(void* context) const noexcept;
  };
  void reset();
  std::unique_ptr<void, Free> context_;  // EVP_MD_CTX
};

/// HMAC-SHA-256 (RFC 2104): 32 bytes.
[[nodiscard]] std::array<std::byte, 32> hmac_sha256(std::string_view key, std::string_view text);

/// Two lower-case digits for each byte.
[[nodiscard]] std::string hexadecimal(std::span<const std::byte> bytes);

/// Of a whole file. Errors: not_found, permission_denied, unavailable (the disk). Blocks.
[[nodiscard]] Result<std::string> sha256_of_file(const std::string& path);

/// True for 64 hexadecimal digits, of either case.
[[nodiscard]] bool is_sha256(std::string_view text) noexcept;

}  // namespace parley
