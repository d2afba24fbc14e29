// SPDX-License-Identifier: Apache-2.0
//
// Authenticated encryption with AES-256-GCM (NIST SP 800-38D), by OpenSSL: whoever has not the key
// can neither read what is sealed, nor change it, nor put it in another's place unnoticed.
//
//   const AesGcm box(key);
//   std::string sealed = box.seal(plain, "speakers/alice");     // 28 bytes longer
//   PARLEY_TRY(std::string plain, box.open(sealed, "speakers/alice"));
//
// Sealed bytes are a nonce of 12, the cipher text, and a tag of 16. Nonces are random, which is
// safe for 2^32 texts under one key (ibid., 8.3).
//
// Threads: immutable.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace parley {

using AesKey = std::array<std::byte, 32>;

/// One that nobody can guess, from the system.
[[nodiscard]] AesKey random_aes_key();

class AesGcm {
 public:
  static constexpr std::size_t kNonceBytes = 12;
  static constexpr std::size_t kTagBytes = 16;

  explicit AesGcm(const AesKey& key) : key_(key) {}
  /// Leaves no key behind in memory.
  ~AesGcm();
  AesGcm(const AesGcm&) = default;
  AesGcm& operator=(const AesGcm&) = default;

  /// `context` is not kept: who opens it must know it.
  [[nodiscard]] std::string seal(std::string_view plain, std::string_view context) const;
  /// Errors: data_corrupt (another key or context, or changed).
  [[nodiscard]] Result<std::string> open(std::string_view sealed, std::string_view context) const;

 private:
  AesKey key_;
};

}  // namespace parley
