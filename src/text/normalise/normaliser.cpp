// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/normaliser.h"

#include <algorithm>
#include <utility>

#include "text/character.h"
#include "text/dotted_words.h"
#include "text/normalise/chinese.h"
#include "text/normalise/english.h"
#include "text/normalise/french.h"
#include "text/normalise/number.h"
#include "text/normalise/place.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

/// `[[` means phonemes to a voice: from the user's text it must not come. And of the two
/// apostrophes voices know one.
void tidy(std::string& spoken) {
  std::erase_if(spoken, [](char c) { return c == '[' || c == ']'; });
  constexpr std::string_view kCurly = "’";
  for (std::size_t at = 0; (at = spoken.find(kCurly, at)) != std::string::npos; ++at) {
    spoken.replace(at, kCurly.size(), "'");
  }
}

void add_mark(Words& words, std::string_view mark) {
  if (words.empty() || mark.empty()) return;
  std::string& spoken = words.back().spoken;
  const bool has_dot = spoken.ends_with('.');
  const bool has_mark = spoken.ends_with(',') || spoken.ends_with('!') || spoken.ends_with('?') ||
                        spoken.ends_with(';') || spoken.ends_with(':');
  if (has_mark || (has_dot && (mark == "." || mark == "..."))) return;
  spoken += mark;
}

class Sentence {
 public:
  Sentence(std::string_view text, std::span<const Token> tokens, const Reader& reader)
      : text_(text), tokens_(tokens), reader_(reader) {}

  Words read() {
    for (std::size_t at = 0; at < tokens_.size();) at += read_at(at);
    std::erase_if(words_, [](const Word& word) { return word.spoken.empty(); });
    return std::move(words_);
  }

 private:
  std::size_t read_at(std::size_t at) {
    const Place place{tokens_, at};
    const Token& token = place.token();
    const bool is_remark = token.is_spaced && token.lead.find('(') != std::string_view::npos &&
                           !is_all_digits(token.core);  // "(555) 123-4567"
    if (is_remark) add_mark(words_, ",");
    const std::size_t before = words_.size();
    const Reading reading = read_tokens(place);
    for (std::size_t i = before; i < words_.size(); ++i) {
      if (!words_[i].is_trusted) tidy(words_[i].spoken);
    }
    const Token& last = place.token(reading.tokens - 1);
    std::string_view trail = last.trail;
    if (reading.has_dot && trail.starts_with('.') && !ends_sentence(at + reading.tokens)) {
      trail.remove_prefix(1);
    }
    // Of what is not read the marks are not either: they may be a face, ":-)".
    const bool is_silent = words_.size() == before;
    const bool is_face =
        is_silent && (!last.core.empty() || trail.find(')') != std::string_view::npos);
    std::string_view mark = is_face ? std::string_view() : pause_mark(trail);
    if (mark.empty() && last.is_line_end) mark = ".";
    add_mark(words_, mark);
    return reading.tokens;
  }

  /// Whether the full stop before the token `next` ends a sentence, though it belongs to a word.
  [[nodiscard]] bool ends_sentence(std::size_t next) const {
    return next >= tokens_.size() || begins_sentence(tokens_[next].core);
  }

  Reading read_tokens(const Place& place) {
    const Token& token = place.token();
    if (token.region != nullptr) {
      say(words_, place, 0, 1, token.region->spoken);
      words_.back().is_trusted = true;
      return {1};
    }
    if (token.core.empty()) return {1};
    if (reader_.lexicon != nullptr) {
      if (const Reading reading = read_from_lexicon(place); reading.tokens > 0) return reading;
    }
    if (reader_.normalise) {
      if (const Reading reading = read_by_language(place); reading.tokens > 0) return reading;
    }
    say(words_, place, 0, 1, std::string(token.core));
    return {1};
  }

  /// The script of a place comes before the language of the text.
  Reading read_by_language(const Place& place) {
    const bool is_chinese = reader_.language == Language::chinese || is_chinese_place(place);
    if (is_chinese) {
      if (const Reading reading = read_chinese(place, words_); reading.tokens > 0) return reading;
    }
    switch (reader_.language) {
      case Language::english:
      case Language::chinese:
        return read_english(place, words_);
      case Language::french:
        return read_french(place, words_);
      case Language::other:
        return {};
    }
    return {};
  }

  Reading read_from_lexicon(const Place& place) {
    const Token& token = place.token();
    const std::size_t begin = token.begin + token.lead.size();
    const std::optional<Lexicon::Match> match = reader_.lexicon->find(text_.substr(begin));
    if (!match) return {};
    const std::size_t end = begin + match->size;
    std::size_t count = 1;
    while (place.token(count - 1).end < end) ++count;
    const Token& last = place.token(count - 1);
    const std::size_t core_end = last.end - last.trail.size();
    std::string spoken(match->spoken);
    if (end < core_end) {
      const std::string_view rest = text_.substr(end, core_end - end);
      if (rest == "'s" || rest == "’s") {
        spoken += "'s";
      } else if (rest.starts_with('-') && rest.size() > 1) {
        std::string word(rest.substr(1));
        tidy(word);
        (spoken += ' ') += word;
      } else if (!is_beyond_ascii(rest.front())) {
        return {};
      }
    }
    say(words_, place, 0, count, std::move(spoken));
    words_.back().is_trusted = true;
    return {count, end > core_end};
  }

  std::string_view text_;
  std::span<const Token> tokens_;
  const Reader& reader_;
  Words words_;
};

}  // namespace

Language language_of(std::string_view tag) {
  const std::string primary = lowered(tag.substr(0, tag.find_first_of("-_")));
  if (primary == "en") return Language::english;
  if (primary == "fr") return Language::french;
  if (primary == "zh" || primary == "cmn" || primary == "yue") return Language::chinese;
  return Language::other;
}

Words spoken_words(std::string_view text, std::span<const Region> regions, const Reader& reader) {
  const std::vector<Token> tokens = tokens_of(text, regions);
  return Sentence(text, tokens, reader).read();
}

std::string joined(const Words& words) {
  std::string line;
  for (const Word& word : words) append_word(line, word);
  return line;
}

std::size_t append_word(std::string& line, const Word& word) {
  const bool is_apart = word.is_spaced || (!line.empty() && !is_beyond_ascii(line.back()) &&
                                           !is_beyond_ascii(word.spoken.front()));
  if (!line.empty() && is_apart) line += ' ';
  const std::size_t begin = line.size();
  line += word.spoken;
  return begin;
}

std::string spoken_text(std::string_view text, const Reader& reader) {
  return joined(spoken_words(text, {}, reader));
}

}  // namespace parley::text
