// SPDX-License-Identifier: Apache-2.0
//
// Phrases and keys for the tests of the phrase cache.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "backend/phrase_cache/phrase.h"
#include "backend/phrase_cache/phrase_key.h"

namespace parley::backend::test {

inline constexpr int kRate = 16'000;

inline PhraseKey key_of(std::string_view text) {
  return phrase_key({.text = text, .voice = "joe", .model_hash = "m1"});
}

/// Samples that tell phrases apart, and that 16 bits hold exactly.
inline Phrase make_phrase(media::BufferPool& buffers, std::size_t samples, int salt = 0) {
  Phrase phrase;
  phrase.rate = kRate;
  if (samples > 0) {
    AudioBlock block = make_audio_block(samples, buffers);
    for (std::size_t i = 0; i < samples; ++i) {
      const int step = static_cast<int>(i * 7) + salt;
      block.samples[i] = static_cast<float>(step % 1000 - 500) / 1024.0F;
    }
    phrase.audio = std::move(block.buffer);
  }
  phrase.words = {{"Good", {10}, {20}}, {"morning, everybody in the house.", {20}, {90}}};
  phrase.phonemes = {{"ɡ", {10}, {12}}, {"ˈʊ", {12}, {14}}, {"d", {14}, {20}}};
  return phrase;
}

inline PhraseRef make_shared_phrase(media::BufferPool& buffers, std::size_t samples, int salt = 0) {
  return std::make_shared<const Phrase>(make_phrase(buffers, samples, salt));
}

}  // namespace parley::backend::test
