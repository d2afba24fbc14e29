// SPDX-License-Identifier: Apache-2.0
//
// The part of Markdown that finds out what kind of line it is, from its first characters.
#include <algorithm>
#include <string>
#include <utility>

#include "text/character.h"
#include "text/markdown.h"

namespace parley::text {
namespace {

constexpr std::size_t kRuleMin = 3;
constexpr std::size_t kFenceMin = 3;
constexpr std::size_t kHeadingMax = 6;
constexpr std::size_t kListDigitsMax = 3;
constexpr std::size_t kLineBeginMax = 120;  // characters held: a table's longest rule

bool is_bullet(char32_t code) { return code == 0x2022 || code == 0x2023 || code == 0x25E6; }
bool is_space(char32_t code) { return kind_of(code) == CharacterKind::space; }

}  // namespace

void Markdown::put_line_begin(Character c) {
  if (held_.empty()) {
    if (is_space(c.code)) return;
    if (is_bullet(c.code)) return out_.end_line();
    if (c.code == '>') return;  // of a quotation
    if (c.code == '\n') return end_line(c);
    constexpr std::u32string_view kDecideMore = U"#-+*_=|`~[0123456789";
    if (kDecideMore.find(c.code) == std::u32string_view::npos) {
      state_ = State::text;
      return put_text(c);
    }
    held_.push_back(c);
    return;
  }
  if (held_.size() >= kLineBeginMax) return release_as_text(c);
  const char32_t first = held_.front().code;
  const bool is_run = std::ranges::all_of(held_, [&](Character h) { return h.code == first; });
  switch (first) {
    case '#':
      if (is_run && held_.size() <= kHeadingMax && (c.code == '#' || is_space(c.code))) {
        if (c.code == '#') return held_.push_back(c);
        held_.clear();
        out_.end_line();
        is_heading_ = true;
        state_ = State::text;
        return;
      }
      return release_as_text(c);
    case '`':
    case '~':
      if (c.code == first) return held_.push_back(c);
      if (held_.size() < kFenceMin) return release_as_text(c);
      fence_ = held_.size();
      fence_mark_ = first;
      held_.clear();
      out_.end_paragraph();
      state_ = c.code == '\n' ? State::code : State::fence;
      return;
    case '[':  // of a task: "[ ]", "[x]"
      if (held_.size() == 1 && (c.code == ' ' || c.code == 'x' || c.code == 'X')) break;
      if (held_.size() == 2 && c.code == ']') break;
      if (held_.size() == 3 && is_space(c.code)) return held_.clear();
      return release_as_text(c);
    case '|':
      if (take_row(c)) return;
      break;
    default:
      if (is_digit(static_cast<char>(first)) ? take_number(c) : take_bullet_or_rule(c)) return;
      break;
  }
  held_.push_back(c);
}

// "- item", "***". True when `c` is dealt with.
bool Markdown::take_bullet_or_rule(Character c) {
  const char32_t mark = held_.front().code;
  const auto marks = static_cast<std::size_t>(
      std::ranges::count_if(held_, [&](Character h) { return h.code == mark; }));
  if (c.code == mark || is_space(c.code)) return false;
  if (c.code == '\n') {
    if (marks < kRuleMin && mark != '-') {
      release_as_text(c);
      return true;
    }
    held_.clear();
    out_.end_paragraph();
    end_line(c);
    return true;
  }
  const bool is_item = mark == '-' || mark == '+' || mark == '*';
  if (!is_item || marks != 1 || held_.size() == 1) {
    release_as_text(c);
    return true;
  }
  held_.clear();
  out_.end_line();
  put_line_begin(c);  // "- [ ] task", "- 1. step"
  return true;
}

// "1. step", "2) step": the number is read, and a pause behind it.
bool Markdown::take_number(Character c) {
  const char32_t last = held_.back().code;
  const bool is_marked = last == '.' || last == ')';
  if (is_marked && is_space(c.code)) {
    out_.end_line();
    const Character mark = held_.back();
    held_.pop_back();
    for (const Character digit : std::exchange(held_, {})) write(digit);
    write({',', mark.begin, mark.end});
    write(c);
    state_ = State::text;
    return true;
  }
  const bool is_digit_next = c.code < 0x80 && is_digit(static_cast<char>(c.code));
  const bool goes_on = !is_marked && ((is_digit_next && held_.size() < kListDigitsMax) ||
                                      c.code == '.' || c.code == ')');
  if (goes_on) return false;
  release_as_text(c);
  return true;
}

// "| cell | cell |", and the rule below a table's head, "|---|:-:|".
bool Markdown::take_row(Character c) {
  const bool may_be_rule = c.code == '|' || c.code == '-' || c.code == ':' || is_space(c.code);
  if (may_be_rule) return false;
  if (c.code == '\n') {  // the rule: as if it were not there
    held_.clear();
    return true;
  }
  out_.end_line();
  is_row_ = true;
  release_as_text(c);
  return true;
}

void Markdown::release_as_text(Character c) {
  state_ = State::text;
  for (const Character h : std::exchange(held_, {})) put_text(h);
  put_text(c);
}

void Markdown::put_code(Character c) {
  if (c.code != '\n') {
    if (held_.size() < kLineBeginMax) held_.push_back(c);
    return;
  }
  std::size_t marks = 0;
  bool is_fence = true;
  for (const Character h : held_) {
    if (h.code == fence_mark_) ++marks;
    is_fence = is_fence && (h.code == fence_mark_ || is_space(h.code));
  }
  held_.clear();
  if (!is_fence || marks < fence_) return;
  out_.end_paragraph();
  state_ = State::line_begin;
}

void Markdown::end_line(Character c) {
  write(c);
  if (is_heading_) out_.end_paragraph();
  if (is_row_) out_.end_line();
  last_ = '\n';
  is_row_ = is_heading_ = cell_ended_ = has_open_bracket_ = false;
  state_ = State::line_begin;
}

}  // namespace parley::text
