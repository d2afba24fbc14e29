// SPDX-License-Identifier: Apache-2.0
#include "text/lexicon.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/utf8.h"
#include "text/character.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool is_word_byte(char c) { return is_letter(c) || is_digit(c) || is_beyond_ascii(c); }

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool stands_alone(std::string_view text, std::size_t at) {
  const CharacterKind kind = kind_of(decode_utf8(text, at).code);
  return kind == CharacterKind::ideograph || kind == CharacterKind::kana;
}

/// What entries are found by: their first run of word bytes, or their first character.
std::string key_of(std::string_view text) {
  if (is_beyond_ascii(text.front()) && stands_alone(text, 0)) {
    return std::string(text.substr(0, decode_utf8(text, 0).size));
  }
  std::size_t end = 0;
  while (end < text.size() && end < kLexiconWordBytesMax && is_word_byte(text[end])) ++end;
  return lower_ascii(text.substr(0, std::max<std::size_t>(end, 1)));
}

bool has_upper(std::string_view word) { return std::ranges::any_of(word, is_upper); }

/// Every `[[` is closed, and nothing else has square brackets.
bool has_matched_brackets(std::string_view spoken) {
  while (true) {
    const std::size_t open = spoken.find_first_of("[]");
    if (open == std::string_view::npos) return true;
    if (!spoken.substr(open).starts_with("[[")) return false;
    const std::size_t close = spoken.find_first_of("[]", open + 2);
    if (close == std::string_view::npos || close == open + 2) return false;
    if (!spoken.substr(close).starts_with("]]")) return false;
    spoken.remove_prefix(close + 2);
  }
}

Status valid_utf8(std::string_view text) {
  Utf8Reader reader;
  for (const char c : text) {
    if (auto character = reader.push(static_cast<unsigned char>(c)); !character) {
      return std::move(character).error();
    }
  }
  return reader.finish();
}

}  // namespace

Result<Lexicon> Lexicon::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::not_found, path + ": cannot be read"};
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse(text, path);
}

Result<Lexicon> Lexicon::parse(std::string_view text, std::string_view name) {
  Lexicon lexicon;
  if (text.size() > kLexiconBytesMax) {
    return Error{ErrorCode::invalid_argument,
                 std::string(name) + ": more than " + std::to_string(kLexiconBytesMax) + " bytes"};
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    Status added =
        equals == std::string_view::npos
            ? Status(Error{ErrorCode::invalid_argument, "expected `word = how to say it`"})
            : lexicon.add(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
    if (!added) {
      return Error{
          ErrorCode::invalid_argument,
          std::string(name) + ":" + std::to_string(line_number) + ": " + added.error().message};
    }
  }
  return lexicon;
}

Status Lexicon::add(std::string_view word, std::string_view spoken) {
  const auto wrong = [](std::string message) {
    return Error{ErrorCode::invalid_argument, std::move(message)};
  };
  PARLEY_TRY_STATUS(valid_utf8(word));
  PARLEY_TRY_STATUS(valid_utf8(spoken));
  if (word.empty()) return wrong("no word before the `=`");
  if (spoken.empty()) return wrong("'" + std::string(word) + "': nothing to say after the `=`");
  if (word.size() > kLexiconWordBytesMax) {
    return wrong("the word has more than " + std::to_string(kLexiconWordBytesMax) + " bytes");
  }
  if (spoken.size() > kLexiconSpokenBytesMax) {
    return wrong("'" + std::string(word) + "': more than " +
                 std::to_string(kLexiconSpokenBytesMax) + " bytes to say");
  }
  if (!has_matched_brackets(spoken)) {
    return wrong("'" + std::string(word) + "': phonemes stand between `[[` and `]]`");
  }
  std::vector<Entry>& same = entries_[key_of(word)];
  if (std::ranges::find(same, word, &Entry::word) != same.end()) {
    return wrong("'" + std::string(word) + "' is there twice");
  }
  same.push_back({std::string(word), std::string(spoken), !has_upper(word)});
  // Longer ones first; of two of one length the one that is exact about case.
  std::ranges::stable_sort(same, [](const Entry& a, const Entry& b) {
    if (a.word.size() != b.word.size()) return a.word.size() > b.word.size();
    return !a.any_case && b.any_case;
  });
  ++size_;
  return {};
}

std::optional<Lexicon::Match> Lexicon::find(std::string_view text) const {
  if (entries_.empty() || text.empty()) return std::nullopt;
  const auto same = entries_.find(key_of(text));
  if (same == entries_.end()) return std::nullopt;
  for (const Entry& entry : same->second) {
    const std::string_view begin = text.substr(0, entry.word.size());
    const bool is_it = entry.any_case ? lower_ascii(begin) == entry.word : begin == entry.word;
    if (!is_it) continue;
    const bool ends = text.size() == begin.size() || !is_word_byte(text[begin.size()]) ||
                      !is_word_byte(begin.back()) ||
                      stands_alone(text, character_begin(text, begin.size() - 1));
    if (ends) return Match{begin.size(), entry.spoken};
  }
  return std::nullopt;
}

}  // namespace parley::text
