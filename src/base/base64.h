// SPDX-License-Identifier: Apache-2.0
//
// Base64 (RFC 4648 §4): standard alphabet, padded, no line breaks. Strict when it reads: a foreign
// character, a missing or misplaced '=' or stray bits in the last group are errors.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace parley {

/// Bytes that `text` will decode to; nothing when its length or padding cannot be right.
[[nodiscard]] std::optional<std::size_t> base64_decoded_size(std::string_view text) noexcept;
/// `out` has exactly base64_decoded_size(text) bytes. False: a character is wrong; `out` is spoilt.
[[nodiscard]] bool base64_decode(std::string_view text, std::span<std::byte> out) noexcept;

[[nodiscard]] constexpr std::size_t base64_encoded_size(std::size_t bytes) noexcept {
  return (bytes + 2) / 3 * 4;
}
void base64_append(std::string& out, std::span<const std::byte> bytes);

/// The alphabet for addresses and tokens, without padding (RFC 4648 §5, RFC 7515 §2).
[[nodiscard]] std::string base64url(std::string_view bytes);
/// As strict: nothing for padding, a foreign character or stray bits.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace parley
