// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/token.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "text/character.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

constexpr std::array kOpeners = std::to_array<char32_t>(
    {'"', '\'', '(', '[', '{', 0xA1, 0xAB, 0xBF, 0x2018, 0x201A, 0x201C, 0x201E, 0x2039});
constexpr std::array kClosers =
    std::to_array<char32_t>({'"', '\'', ')', ']', '}', ',', '.', ';', ':', '!', '?', 0xBB, 0x2019,
                             0x201C, 0x201D, 0x203A, 0x2026, 0x2014});

bool is_in(const auto& list, char32_t code) { return std::ranges::find(list, code) != list.end(); }
bool is_wide(char32_t code) { return kind_of(code) == CharacterKind::wide_mark; }
bool is_wide_opener(char32_t code) {
  return code == 0xFF08 || code == 0x3008 || code == 0x300A || code == 0x300C || code == 0x300E ||
         code == 0x3010;
}
bool is_space(char c) { return c == ' ' || c == '\n'; }
bool is_single(char32_t code) {
  const CharacterKind kind = kind_of(code);
  return kind == CharacterKind::ideograph || kind == CharacterKind::kana;
}

/// The run from `begin` on that no space, no wide mark and no change of script ends.
std::size_t core_end(std::string_view text, std::size_t begin, std::size_t limit) {
  std::size_t at = begin;
  while (at < limit && !is_space(text[at])) {
    if (!is_beyond_ascii(text[at])) {
      ++at;
      continue;
    }
    const Decoded c = decode_utf8(text, at);
    // A dash between two words stands between two clauses.
    const bool is_dash = c.code == 0x2014 && at > begin;
    if (is_wide(c.code) || is_single(c.code) || is_dash) {
      return at == begin && is_single(c.code) ? at + c.size : at;
    }
    at += c.size;
  }
  return at;
}

std::size_t skip_openers(std::string_view text, std::size_t at, std::size_t limit) {
  while (at < limit) {
    const Decoded c = decode_utf8(text, at);
    if (!is_in(kOpeners, c.code) && !is_wide_opener(c.code)) break;
    at += c.size;
  }
  return at;
}

std::size_t skip_closers(std::string_view text, std::size_t at, std::size_t limit) {
  while (at < limit) {
    const Decoded c = decode_utf8(text, at);
    const bool is_closer = is_in(kClosers, c.code) || (is_wide(c.code) && !is_wide_opener(c.code));
    if (!is_closer) break;
    at += c.size;
  }
  return at;
}

/// Where the punctuation at the end of [begin, end) begins.
std::size_t trail_begin(std::string_view text, std::size_t begin, std::size_t end) {
  while (end > begin) {
    const std::size_t last = character_begin(text, end - 1);
    if (!is_in(kClosers, decode_utf8(text, last).code)) break;
    end = last;
  }
  return end;
}

}  // namespace

std::vector<Token> tokens_of(std::string_view text, std::span<const Region> regions) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  bool is_spaced = true;
  while (at < text.size()) {
    if (is_space(text[at])) {
      if (text[at] == '\n' && !tokens.empty()) tokens.back().is_line_end = true;
      is_spaced = true;
      ++at;
      continue;
    }
    Token token;
    token.begin = at;
    token.is_spaced = is_spaced;
    is_spaced = false;
    while (!regions.empty() && regions.front().end <= at) regions = regions.subspan(1);
    const std::size_t limit =
        regions.empty() || regions.front().begin <= at ? text.size() : regions.front().begin;
    if (!regions.empty() && regions.front().begin <= at) {
      token.region = &regions.front();
      regions = regions.subspan(1);
      token.core = text.substr(at, std::min(token.region->end, text.size()) - at);
      at += token.core.size();
      const std::size_t next = regions.empty() ? text.size() : regions.front().begin;
      token.end = skip_closers(text, at, next);
      token.trail = text.substr(at, token.end - at);
    } else {
      const std::size_t core = skip_openers(text, at, limit);
      const std::size_t end = core_end(text, core, limit);
      const std::size_t trail = trail_begin(text, core, end);
      token.end = skip_closers(text, end, limit);
      // Something that begins no token, such as a mark of a script that is not known here.
      if (token.end == token.begin) token.end += decode_utf8(text, token.begin).size;
      token.lead = text.substr(at, core - at);
      token.core = text.substr(core, trail - core);
      token.trail = text.substr(trail, std::max(token.end, trail) - trail);
      token.is_ideograph = !token.core.empty() &&
                           kind_of(decode_utf8(token.core, 0).code) == CharacterKind::ideograph;
    }
    at = token.end;
    tokens.push_back(token);
  }
  return tokens;
}

std::string_view pause_mark(std::string_view punctuation) {
  std::string_view mark;
  const auto rank = [](std::string_view m) {
    constexpr std::array kOrder = std::to_array<std::string_view>(
        {",", "，", ":", "：", ";", "；", "...", ".", "。", "!", "！", "?", "？"});
    return std::ranges::find(kOrder, m) - kOrder.begin();
  };
  const auto prefer = [&](std::string_view m) {
    if (mark.empty() || rank(m) > rank(mark)) mark = m;
  };
  for (std::size_t at = 0; at < punctuation.size();) {
    const Decoded c = decode_utf8(punctuation, at);
    const std::string_view bytes = punctuation.substr(at, c.size);
    at += c.size;
    switch (c.code) {
      case ',':
      case ':':
      case ';':
      case '!':
      case '?':
      case 0x3002:
      case 0xFF01:
      case 0xFF0C:
      case 0xFF1A:
      case 0xFF1B:
      case 0xFF1F:
        prefer(bytes);
        break;
      case '.':
        if (punctuation.substr(at).starts_with("..")) {
          prefer("...");
          while (at < punctuation.size() && punctuation[at] == '.') ++at;
        } else {
          prefer(".");
        }
        break;
      case 0x2026:
        prefer("...");
        break;
      case 0x2014:
      case ')':
        prefer(",");
        break;
      case 0xFF09:
      case 0x3001:
        prefer("，");
        break;
      default:
        break;
    }
  }
  return mark;
}

}  // namespace parley::text
