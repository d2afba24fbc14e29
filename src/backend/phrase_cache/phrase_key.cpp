// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/phrase_key.h"

#include <bit>
#include <span>

#include "base/sha256.h"

namespace parley::backend {
namespace {

/// Raised when the same request begins to sound different: another way to cut or join audio.
constexpr std::uint32_t kSoundVersion = 1;

template <typename Number>
void add_number(Sha256& hash, Number number) {
  std::array<std::byte, sizeof(Number)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes.at(i) = static_cast<std::byte>(number >> (8 * i));
  }
  hash.update(bytes);
}

/// The length goes first, or "ab" + "c" would be "a" + "bc".
void add_text(Sha256& hash, std::string_view text) {
  add_number(hash, static_cast<std::uint64_t>(text.size()));
  hash.update(std::as_bytes(std::span(text)));
}

std::optional<std::uint8_t> digit_of(char letter) {
  if (letter >= '0' && letter <= '9') return static_cast<std::uint8_t>(letter - '0');
  if (letter >= 'a' && letter <= 'f') return static_cast<std::uint8_t>(letter - 'a' + 10);
  return std::nullopt;
}

}  // namespace

PhraseKey phrase_key(const PhraseText& phrase) {
  Sha256 hash;
  add_number(hash, kSoundVersion);
  add_text(hash, phrase.text);
  add_text(hash, phrase.voice);
  add_text(hash, phrase.model_hash);
  add_number(hash, std::bit_cast<std::uint32_t>(phrase.speed));
  add_number(hash, static_cast<std::uint32_t>(phrase.seed ? 1 : 0));
  add_number(hash, phrase.seed.value_or(0));
  return {hash.finish_bytes()};
}

std::string PhraseKey::hex() const { return hexadecimal(digest); }

std::optional<PhraseKey> PhraseKey::from_hex(std::string_view text) {
  PhraseKey key;
  if (text.size() != 2 * key.digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < key.digest.size(); ++i) {
    const auto high = digit_of(text[2 * i]);
    const auto low = digit_of(text[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    key.digest.at(i) = static_cast<std::byte>(*high << 4U | *low);
  }
  return key;
}

}  // namespace parley::backend
