// SPDX-License-Identifier: Apache-2.0
#include "base/sha1.h"

#include <bit>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace parley {

std::array<std::byte, 20> hmac_sha1(std::string_view key, std::string_view text) {
  std::array<unsigned char, 20> digest{};
  unsigned int size = 0;
  PARLEY_CHECK(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
                    &size) != nullptr);
  PARLEY_CHECK(size == digest.size());
  return std::bit_cast<std::array<std::byte, 20>>(digest);
}

bool equal_in_secret(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace parley
