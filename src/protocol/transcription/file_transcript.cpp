// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/file_transcript.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "base/utf8.h"

namespace parley::protocol {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Scripts without spaces between sentences (Unicode 15 blocks).
constexpr std::array<Range, 7> kUnspaced{{{0x0E00, 0x0EFF},    // Thai, Lao
                                          {0x1000, 0x109F},    // Myanmar
                                          {0x1780, 0x17FF},    // Khmer
                                          {0x2E80, 0x30FF},    // radicals, punctuation, kana
                                          {0x31F0, 0x9FFF},    // more kana, Han
                                          {0xF900, 0xFAFF},    // Han, compatibility
                                          {0xFF00, 0xFFEF}}};  // full-width punctuation

/// The character that begins at `at`; 0 when it is none.
char32_t character_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  const std::size_t size = rest.empty() ? 0 : utf8_character_size(rest);
  if (size < 2) return size == 0 ? 0 : static_cast<unsigned char>(rest.front());
  constexpr std::array<unsigned, 5> kLeadBits{0, 0, 0x1FU, 0x0FU, 0x07U};
  char32_t code = static_cast<unsigned char>(rest.front()) & kLeadBits[size];
  for (const char byte : rest.substr(1, size - 1)) {
    code = (code << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  return code;
}

bool is_unspaced(char32_t code) {
  return std::ranges::any_of(
      kUnspaced, [&](const Range& range) { return code >= range.first && code <= range.last; });
}

bool needs_space(std::string_view before, std::string_view after) {
  if (before.empty() || after.empty()) return false;
  return !is_unspaced(character_at(before, character_begin(before, before.size() - 1))) ||
         !is_unspaced(character_at(after, 0));
}

}  // namespace

std::string joined_text(std::span<const FileSegment> segments) {
  std::string text;
  for (const FileSegment& segment : segments) {
    if (needs_space(text, segment.text)) text += ' ';
    text += segment.text;
  }
  return text;
}

std::int64_t whole_ms(media::MediaTime time) noexcept {
  constexpr std::int64_t kPerMs = media::MediaTime::kPerSecond / 1000;
  return time.flicks <= 0 ? 0 : time.flicks / kPerMs + (time.flicks % kPerMs >= kPerMs / 2 ? 1 : 0);
}

double seconds_of(media::MediaTime time) noexcept {
  return static_cast<double>(whole_ms(time)) / 1000.0;
}

}  // namespace parley::protocol
