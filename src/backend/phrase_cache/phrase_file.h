// SPDX-License-Identifier: Apache-2.0
//
// A phrase as a file, all numbers little-endian:
//
//   at  bytes
//    0   8    "ParleyPh"
//    8   4    version: 1
//   12   4    samples are 1: float32, 2: 16 bit
//   16   8    size of the whole file
//   24  32    the phrase's key: a file under another one's name is not this phrase
//   56   4    rate, Hz
//   60   4    samples
//   64   4    words
//   68   4    phonemes
//   72   …    samples; then words and phonemes, each: begin (8, flicks), end (8), length (4), text
//   -32 32    SHA-256 of all before
//
// Samples are 16 bit with the wire's scale: half of the disk, and a listener hears at most one step
// of the last bit of difference. Audio too loud for that stays float32.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "backend/phrase_cache/phrase.h"
#include "backend/phrase_cache/phrase_key.h"
#include "base/result.h"

namespace parley::backend {

/// Neither written nor read beyond this.
inline constexpr std::size_t kPhraseFileBytesMax = 64U << 20U;

[[nodiscard]] std::string write_phrase(const PhraseKey& key, const Phrase& phrase);

/// Errors: data_corrupt says what is not as written above. Reads anything, trusts nothing.
[[nodiscard]] Result<Phrase> read_phrase(std::span<const std::byte> file, const PhraseKey& key,
                                         media::BufferPool& buffers);

}  // namespace parley::backend
