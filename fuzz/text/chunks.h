// SPDX-License-Identifier: Apache-2.0
//
// What must hold for the chunks of any text, valid or not.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "text/spoken_text.h"
#include "text/utf8.h"

namespace parley::text {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline void require_utf8(std::string_view bytes) {
  Utf8Reader reader;
  for (const char c : bytes) require(reader.push(static_cast<unsigned char>(c)).has_value());
  require(reader.finish().has_value());
}

/// Of what a chunk of a limited text may become; a word of three bytes is said with forty at most.
inline constexpr std::size_t kSpokenBytesMax = 64 * (kChunkBytesMax + 512);
/// Markup may lie between any two characters, up to the silence that ends a chunk.
inline constexpr std::size_t kWrittenBytesMax = (kChunkBytesMax + 512) * (1 + 1024);

inline void require_sound(const SpokenChunk& chunk, std::string_view text) {
  require(chunk.offset <= text.size());
  require(text.substr(chunk.offset, chunk.written.size()) == chunk.written);
  require(chunk.spoken.size() <= kSpokenBytesMax && chunk.written.size() <= kWrittenBytesMax);
  require_utf8(chunk.spoken);
  require(chunk.rate >= 0.2F && chunk.rate <= 5.0F);
  std::size_t written = 0;
  std::size_t spoken = 0;
  for (const Span& span : chunk.spans) {
    require(span.written_begin >= written && span.written_end > span.written_begin);
    require(span.spoken_begin >= spoken && span.spoken_end > span.spoken_begin);
    for (std::size_t i = spoken; i < span.spoken_begin; ++i) require(chunk.spoken[i] == ' ');
    written = span.written_end;
    spoken = span.spoken_end;
  }
  require(written == chunk.written.size() && spoken == chunk.spoken.size());
}

struct Outcome {
  std::vector<SpokenChunk> chunks;
  std::string error;
};

/// `text` in pieces of `piece` bytes.
inline Outcome chunks_of(std::string_view text, const TextOptions& options, std::size_t piece) {
  Outcome result;
  SpokenText spoken(options);
  const auto take = [&] {
    while (auto chunk = spoken.next()) {
      require_sound(*chunk, text);
      const bool is_in_order =
          result.chunks.empty() || chunk->spoken.empty() ||
          chunk->offset >= result.chunks.back().offset + result.chunks.back().written.size();
      require(is_in_order);
      result.chunks.push_back(*std::move(chunk));
    }
    require(spoken.pending() <= kChunkBytesMax + 1024);
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const Status appended = spoken.append(text.substr(at, piece));
    if (!appended) {
      result.error = appended.error().message;
      break;
    }
    take();
  }
  const Status finished = spoken.finish();
  if (!finished && result.error.empty()) result.error = finished.error().message;
  take();
  return result;
}

inline void require_same(const Outcome& a, const Outcome& b) {
  require(a.error == b.error && a.chunks.size() == b.chunks.size());
  for (std::size_t i = 0; i < a.chunks.size(); ++i) {
    require(a.chunks[i].spoken == b.chunks[i].spoken);
    require(a.chunks[i].written == b.chunks[i].written);
    require(a.chunks[i].offset == b.chunks[i].offset);
    require(a.chunks[i].pause_before == b.chunks[i].pause_before);
  }
}

}  // namespace parley::text
