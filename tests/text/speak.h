// SPDX-License-Identifier: Apache-2.0
//
// A text through SpokenText in pieces of a size, and what must hold for its chunks.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "text/spoken_text.h"

namespace parley::text {

/// Every letter or digit between the spans of plain ASCII `text`, and every byte of `spoken` that
/// is no space and is outside of them; spans that are out of order. Empty when all is well.
inline std::string what_is_wrong(const SpokenChunk& chunk, std::string_view text, bool is_plain) {
  if (text.substr(std::min(chunk.offset, text.size()), chunk.written.size()) != chunk.written) {
    return "`written` is not what stands at `offset`";
  }
  std::size_t written = 0;
  std::size_t spoken = 0;
  const auto has_letters = [](std::string_view gap) {
    return std::ranges::any_of(
        gap, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; });
  };
  for (const Span& span : chunk.spans) {
    if (span.written_begin < written || span.written_end <= span.written_begin ||
        span.written_end > chunk.written.size() || span.spoken_begin < spoken ||
        span.spoken_end <= span.spoken_begin || span.spoken_end > chunk.spoken.size()) {
      return "spans are not in order";
    }
    const std::string gap = chunk.spoken.substr(spoken, span.spoken_begin - spoken);
    if (gap.find_first_not_of(' ') != std::string::npos) return "spoken by nobody: '" + gap + "'";
    const std::string left = chunk.written.substr(written, span.written_begin - written);
    if (is_plain && has_letters(left)) return "not spoken: '" + left + "'";
    written = span.written_end;
    spoken = span.spoken_end;
  }
  if (spoken != chunk.spoken.size() || written != chunk.written.size()) return "a rest is left";
  return {};
}

/// All chunks; fails the test when one is wrong in itself.
inline std::vector<SpokenChunk> speak(std::string_view text, TextOptions options = {},
                                      std::size_t piece = 1024, bool is_plain = false) {
  SpokenText spoken(options);
  std::vector<SpokenChunk> chunks;
  const auto take = [&] {
    while (auto chunk = spoken.next()) {
      EXPECT_EQ(what_is_wrong(*chunk, text, is_plain), "") << chunk->written;
      EXPECT_GT(chunk->rate, 0.0F);
      chunks.push_back(*std::move(chunk));
    }
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const Status appended = spoken.append(text.substr(at, piece));
    EXPECT_TRUE(appended) << (appended ? "" : appended.error().message);
    take();
  }
  const Status finished = spoken.finish();
  EXPECT_TRUE(finished) << (finished ? "" : finished.error().message);
  take();
  return chunks;
}

inline std::vector<std::string> spoken_of(const std::vector<SpokenChunk>& chunks) {
  std::vector<std::string> spoken;
  for (const SpokenChunk& chunk : chunks) spoken.push_back(chunk.spoken);
  return spoken;
}

/// All that is said, in one line.
inline std::string said(std::string_view text, const TextOptions& options = {}) {
  std::string line;
  for (const SpokenChunk& chunk : speak(text, options)) {
    if (!line.empty()) line += ' ';
    line += chunk.spoken;
  }
  return line;
}

}  // namespace parley::text
