// SPDX-License-Identifier: Apache-2.0
//
// The name of a phrase in the cache: SHA-256 over all that its sound depends on, and nothing else.
// Equal keys mean equal audio; a new model, or a new way of cutting audio, means new keys, so no
// entry ever has to be found out of date.
//
// A voice draws random noise for each sentence. `seed` is part of the key only where the caller
// wants that very noise: the audio of such a call is never answered with another one's.
//
//   const PhraseKey key = phrase_key({.text = "Hello.", .voice = "joe", .model_hash = hash});
//
// Threads: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace parley::backend {

struct PhraseKey {
  std::array<std::byte, 32> digest{};

  /// 64 lower-case digits.
  [[nodiscard]] std::string hex() const;
  /// Nothing when `text` is anything else than `hex` writes.
  [[nodiscard]] static std::optional<PhraseKey> from_hex(std::string_view text);
  friend auto operator<=>(const PhraseKey&, const PhraseKey&) = default;
};

/// The digest is as good as random: any of its bytes will do.
struct PhraseKeyHash {
  std::size_t operator()(const PhraseKey& key) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, key.digest.data(), sizeof(hash));
    return hash;
  }
};

struct PhraseText {
  std::string_view text{};        // as the voice gets it: after normalisation
  std::string_view voice{};       // its own name, not one of those that stand for it
  std::string_view model_hash{};  // of the voice's files, or of what stands for a remote one
  float speed = 1.0F;
  std::optional<std::uint64_t> seed = std::nullopt;  // nothing: whatever noise it was made with
};

/// Takes about 1 µs.
[[nodiscard]] PhraseKey phrase_key(const PhraseText& phrase);

}  // namespace parley::backend
