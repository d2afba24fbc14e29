// SPDX-License-Identifier: Apache-2.0
//
// Takes the markup out of text as people and language models write it, so that none of it is read
// aloud: emphasis, headings, bullets, rules, tables, block quotes, HTML tags and code blocks go; of
// a link or a picture its text stays. Plain text passes as it is.
//
// It decides character by character, with little to look ahead: CommonMark's rules where they allow
// that, and where they do not, what is right for what models write. What is held back until it is
// decided has at most kHeldBytesMax bytes.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "text/passage.h"

namespace parley::text {

class Markdown {
 public:
  /// Writes to `out`, which outlives it.
  explicit Markdown(Passage& out) : out_(out) {}

  /// A character of the input, which is its bytes [begin, end).
  void put(char32_t code, std::size_t begin, std::size_t end);
  /// What is held back is text: nothing that could decide it is known to come.
  void flush();

 private:
  struct Character {
    char32_t code;
    std::size_t begin;
    std::size_t end;
  };
  enum class State : std::uint8_t {
    line_begin,  // what kind of line is it?
    text,
    fence,        // the line that opens a code block
    code,         // inside it
    link_target,  // from "](" on
    link_title,   // behind the target's space
    label         // silent up to the next ']'
  };

  // Lines (markdown_lines.cpp)
  void put_line_begin(Character c);
  [[nodiscard]] bool take_bullet_or_rule(Character c);
  [[nodiscard]] bool take_number(Character c);
  [[nodiscard]] bool take_row(Character c);
  void release_as_text(Character c);
  void put_code(Character c);
  void end_line(Character c);

  // Inside a line (markdown.cpp)
  void put_text(Character c);
  void put_plain(Character c);
  [[nodiscard]] bool decide(Character next);
  void decide_run(char32_t next);
  void decide_tag(Character c);
  [[nodiscard]] bool is_tag() const;
  void put_link(Character c);
  void write(Character c);
  [[nodiscard]] std::string held_text() const;

  Passage& out_;
  State state_ = State::line_begin;
  std::vector<Character> held_;
  char32_t last_ = '\n';     // character written last
  std::size_t fence_ = 0;    // length of the fence that opened the code block
  char32_t fence_mark_ = 0;  // and its character
  int depth_ = 0;            // of brackets in a link's target
  char32_t quote_ = 0;       // that ends a link's title
  bool has_open_bracket_ = false;
  bool is_row_ = false;  // the line is a table's
  bool is_heading_ = false;
  bool cell_ended_ = false;  // a comma is due before the next cell's text
};

}  // namespace parley::text
