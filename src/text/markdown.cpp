// SPDX-License-Identifier: Apache-2.0
#include "text/markdown.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "text/character.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

constexpr std::size_t kTagCharactersMax = 120;  // of up to four bytes: below kHeldBytesMax
constexpr std::size_t kRunMax = 100;            // a longer run is a line, and not read

bool is_ascii(char32_t code) { return code < 0x80; }
char narrow(char32_t code) { return is_ascii(code) ? static_cast<char>(code) : '\x01'; }
bool is_blank(char32_t code) {
  const CharacterKind kind = kind_of(code);
  return kind == CharacterKind::space || kind == CharacterKind::line;
}
bool is_word(char32_t code) {
  const char c = narrow(code);
  return is_letter(c) || is_digit(c) || (!is_ascii(code) && kind_of(code) == CharacterKind::other);
}
bool is_number(char32_t code) { return is_digit(narrow(code)); }
bool is_punctuation(char32_t code) {
  return code > ' ' && code < 0x7F && !is_letter(narrow(code)) && !is_digit(narrow(code));
}

}  // namespace

void Markdown::put(char32_t code, std::size_t begin, std::size_t end) {
  const CharacterKind kind = kind_of(code);
  if (kind == CharacterKind::dropped) return;
  const Character c{kind == CharacterKind::line ? U'\n' : code, begin, end};
  switch (state_) {
    case State::line_begin:
      return put_line_begin(c);
    case State::text:
      return put_text(c);
    case State::fence:
      if (c.code == '\n') state_ = State::code;
      if (c.code == '`' && fence_mark_ == '`')
        state_ = State::text;  // a code span at a line's begin
      return;
    case State::code:
      return put_code(c);
    case State::link_target:
    case State::link_title:
    case State::label:
      return put_link(c);
  }
}

void Markdown::flush() {
  if (state_ == State::line_begin) {
    // Marks alone are never read: what they mean may still come.
    const bool is_marks =
        held_.empty() || (held_.front().code != '[' && !is_number(held_.front().code));
    if (is_marks) return;
    state_ = State::text;
    for (const Character c : std::exchange(held_, {})) put_text(c);
  }
  if (state_ != State::text) return;
  constexpr Character kNothing{' ', 0, 0};
  while (!held_.empty()) {
    if (held_.front().code == '<' && held_.size() > 1) {
      decide_tag(kNothing);
    } else {
      static_cast<void>(decide(kNothing));
    }
  }
}

// --- inside a line
// ---------------------------------------------------------------------------------

void Markdown::put_text(Character c) {
  if (!held_.empty()) {
    if (held_.front().code == '<' && held_.size() > 1) return decide_tag(c);
    if (c.code == held_.front().code && c.code != '!' && c.code != ']' && c.code != '[' &&
        c.code != '\\' && c.code != '<') {
      if (held_.size() < kRunMax) held_.push_back(c);
      return;
    }
    if (decide(c)) return;
  }
  put_plain(c);
}

/// With nothing held.
void Markdown::put_plain(Character c) {
  switch (c.code) {
    case '*':
    case '_':
    case '~':
    case '`':
    case '[':
    case '!':
    case '<':
    case '\\':
      held_.push_back(c);
      return;
    case ']':
      if (has_open_bracket_) held_.push_back(c);
      return;
    case '|':
      if (!is_row_) break;
      cell_ended_ = true;
      return;
    case '\n':
      return end_line(c);
    default:
      break;
  }
  write(c);
}

/// What was held, now that the next character is known; true when that is used up as well.
bool Markdown::decide(Character next) {
  const Character first = held_.front();
  switch (first.code) {
    case '[':
      held_.clear();
      has_open_bracket_ = true;
      if (next.code == '^') {  // a footnote's mark
        state_ = State::label;
        return true;
      }
      if (is_word(last_)) write({' ', first.begin, first.end});
      return false;
    case ']':
      held_.clear();
      has_open_bracket_ = false;
      if (next.code == '(') {
        state_ = State::link_target;
        depth_ = 0;
        return true;
      }
      if (next.code == '[') {
        state_ = State::label;
        return true;
      }
      return false;
    case '!':
      held_.clear();
      if (next.code != '[') write(first);
      return false;
    case '<':
      if (is_letter(narrow(next.code)) || next.code == '/' || next.code == '!') {
        held_.push_back(next);
        return true;
      }
      held_.clear();
      write(first);
      return false;
    case '\\':
      held_.clear();
      if (is_punctuation(next.code)) {
        write(next);
        return true;
      }
      if (next.code != '\n') write(first);
      return false;
    default:
      decide_run(next.code);
      return false;
  }
}

/// A run of one of * _ ~ `: emphasis, or meant as it stands?
void Markdown::decide_run(char32_t next) {
  const char32_t mark = held_.front().code;
  bool is_meant = false;
  if (mark == '*') {
    is_meant = (is_blank(last_) && is_blank(next)) || (is_number(last_) && is_number(next));
  } else if (mark == '_') {
    is_meant = is_word(last_) && is_word(next);
  } else if (mark == '~') {
    is_meant = held_.size() == 1 && (is_number(next) || last_ == '/');
  }
  const std::vector<Character> run = std::exchange(held_, {});
  if (!is_meant || run.size() >= kRunMax) return;
  for (const Character c : run) write(c);
}

/// From "<a" on: a tag, an address in angle brackets, or text.
void Markdown::decide_tag(Character c) {
  const bool is_over =
      c.code == '\n' || c.code == '<' || held_.size() >= kTagCharactersMax || c.begin == c.end;
  if (!is_over && c.code != '>') {
    held_.push_back(c);
    return;
  }
  const std::vector<Character> held = held_;
  const std::string text = held_text();
  const bool is_closed = c.code == '>';
  const bool is_silent = is_closed && is_tag();
  held_.clear();
  if (is_silent) {
    constexpr std::array kLines =
        std::to_array<std::string_view>({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "ul"});
    std::string_view name = std::string_view(text).substr(text.starts_with("</") ? 2 : 1);
    name = name.substr(0, name.find_first_of(" /"));
    if (std::ranges::find(kLines, name) != kLines.end()) out_.end_line();
    return;
  }
  const bool is_address =
      is_closed && text.find(' ') == std::string::npos &&
      (text.find("://") != std::string::npos || text.find('@') != std::string::npos);
  if (is_address) {
    for (std::size_t i = 1; i < held.size(); ++i) write(held[i]);
    return;
  }
  write(held.front());
  for (std::size_t i = 1; i < held.size(); ++i) put_text(held[i]);
  if (c.begin != c.end) put_text(c);
}

/// `<name>`, `</name>`, `<name attribute="value">`, `<!-- comment -->`.
bool Markdown::is_tag() const {
  const std::string text = held_text();
  if (text.starts_with("<!--")) return true;
  std::size_t at = text.starts_with("</") ? 2 : 1;
  if (at >= text.size() || !is_letter(text[at])) return false;
  while (at < text.size() && (is_letter(text[at]) || is_digit(text[at]) || text[at] == '-')) ++at;
  if (at == text.size() || text[at] == '/') return true;
  return text[at] == ' ' && (text.find('=', at) != std::string::npos ||
                             text.find_first_not_of(" /", at) == std::string::npos);
}

/// In a link's target, its title or a label: nothing is read.
void Markdown::put_link(Character c) {
  if (c.code == '\n') {
    state_ = State::text;
    return end_line(c);
  }
  if (state_ == State::label) {
    if (c.code == ']') state_ = State::text;
    return;
  }
  if (state_ == State::link_target) {
    if (c.code == '(') ++depth_;
    if (c.code == ')' && depth_-- == 0) state_ = State::text;
    if (kind_of(c.code) == CharacterKind::space) {
      state_ = State::link_title;
      quote_ = 0;
    }
    return;
  }
  if (quote_ != 0) {
    if (c.code == quote_) quote_ = ' ';  // only the ')' is due
    if (quote_ != ' ' || c.code != ')') return;
  }
  if (c.code == ')') {
    state_ = State::text;
  } else if (c.code == '"' || c.code == '\'') {
    quote_ = c.code;
  } else if (kind_of(c.code) != CharacterKind::space) {  // it was no link: the text goes on
    state_ = State::text;
    write({' ', c.begin, c.begin});
    put_text(c);
  }
}

void Markdown::write(Character c) {
  if (cell_ended_ && !is_blank(c.code)) {
    cell_ended_ = false;
    if (is_word(last_)) out_.put(',', c.begin, c.begin);
    if (last_ != '\n') out_.put(' ', c.begin, c.begin);
  }
  out_.put(c.code, c.begin, c.end);
  if (!is_row_ || !is_blank(c.code)) last_ = c.code;
}

std::string Markdown::held_text() const {
  std::string text;
  for (const Character c : held_) append_utf8(text, c.code);
  return text;
}

}  // namespace parley::text
