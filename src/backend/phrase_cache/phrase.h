// SPDX-License-Identifier: Apache-2.0
//
// One phrase as the cache keeps it: its audio in a block of exactly its size, and when its words
// and phonemes are heard. Whoever is given a phrase shares the block; nothing is copied.
//
// float32, as everything behind the voice wants it: a hit then costs a reference, where 16-bit
// samples would have to be converted for each listener (docs/measurements/speech.md).
//
// Threads: immutable once made.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "media/buffer_pool.h"
#include "media/word_time.h"

namespace parley::backend {

struct Phrase {
  int rate = 0;            // Hz
  media::BufferRef audio;  // float32 mono
  std::vector<media::WordTime> words;
  std::vector<media::WordTime> phonemes;

  [[nodiscard]] std::size_t samples() const noexcept { return audio.size() / sizeof(float); }
  /// What it takes in memory.
  [[nodiscard]] std::size_t bytes() const noexcept;
};

/// Shared: the cache, calls that are answered and a write that waits may hold it at once.
using PhraseRef = std::shared_ptr<const Phrase>;

/// A block of `samples` of float32, not initialised, exactly so large: slabs of a pool come in
/// powers of two, and what is kept for long would waste up to half of them. Only its first owner
/// writes, and only through `samples`, before it hands out `buffer`.
struct AudioBlock {
  media::BufferRef buffer;
  std::span<float> samples;
};
/// `samples` > 0. Allocates.
[[nodiscard]] AudioBlock make_audio_block(std::size_t samples, media::BufferPool& buffers);

/// All parts, one after the other, in a block. Empty when they are.
[[nodiscard]] media::BufferRef joined(std::span<const media::BufferRef> parts,
                                      media::BufferPool& buffers);

}  // namespace parley::backend
