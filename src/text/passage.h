// SPDX-License-Identifier: Apache-2.0
//
// The text that is left of the input once its markup is gone and that has not been given out: what
// markdown.h and ssml.h write, chunk_cutter.h cuts and normalise/ reads.
//
// White space is one ' ' or one '\n'; a '\n' is the end of a line that was meant as one, not a line
// that a width wrapped. Emoji and control characters are not there. Of each byte it is known which
// bytes of the input it stands for.
//
// Positions count the bytes of all text ever written. Memory is that of the text not taken yet and
// of the input around it; a silent stretch (a picture's data, a block of code) is not kept.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace parley::text {

/// A reader of markup may write a character at most this many bytes of input after it came.
inline constexpr std::size_t kHeldBytesMax = 512;
/// Markup without any text: more of it than this ends a chunk, so that `written` stays bounded.
inline constexpr std::size_t kSilentBytesMax = 2 * kHeldBytesMax;

/// A stretch whose spoken form is settled: of SSML's say-as, phoneme and sub.
struct Region {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string spoken;
};

/// What comes before the next chunk.
struct Before {
  Millis pause{0};
  bool asked = false;    // the pause is one that the text asks for, not a paragraph's
  bool flushed = false;  // what is before was asked for at once
};

class Passage {
 public:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  // --- writing
  /// The next byte of the input, markup or not. Comes before the `put` that it leads to.
  void input(char byte);
  /// A character that stands for the bytes [begin, end) of the input.
  void put(char32_t code, std::size_t begin, std::size_t end);
  /// What follows is a line by itself, whatever it begins with.
  void end_line();
  void end_paragraph();
  void pause(Millis length);
  void rate(float factor);
  /// A chunk ends here at the latest. `flush`: because somebody waits for it.
  void end_chunk(bool flush);
  void begin_region();
  void end_region(std::string spoken);

  // --- reading
  /// Goes over white space and notes the pauses and rates that stand here.
  void skip_space();
  /// Without leading white space after `skip_space`.
  [[nodiscard]] std::string_view text() const noexcept {
    return std::string_view(text_).substr(head_);
  }
  /// Where a chunk must end, counted from the beginning of `text`, or kNone.
  [[nodiscard]] std::size_t next_end() const noexcept;
  /// Regions that are not taken yet, with positions counted from the beginning of `text`.
  [[nodiscard]] std::vector<Region> regions(std::size_t size) const;
  /// Whether `at`, counted from the beginning of `text`, is inside a region and not at its edge.
  [[nodiscard]] bool is_inside_region(std::size_t at) const noexcept;
  /// The bytes of the input that [begin, end) of `text` stands for.
  [[nodiscard]] std::size_t written_begin(std::size_t begin) const;
  [[nodiscard]] std::size_t written_end(std::size_t end) const;
  [[nodiscard]] std::string written(std::size_t begin, std::size_t end) const;
  [[nodiscard]] float current_rate() const noexcept { return rate_; }
  [[nodiscard]] Before take_before() noexcept;
  /// The first `size` bytes of `text` are given out.
  void take(std::size_t size);

 private:
  struct Origin {
    std::size_t begin;
    std::size_t end;
  };
  struct Mark {
    enum class Kind : std::uint8_t { end, flush, paragraph, pause, rate } kind;
    std::size_t at;
    Millis pause{0};
    float rate = 1.0F;
  };
  struct Stretch {  // of the input, without gaps
    std::size_t offset;
    std::string bytes;
  };

  [[nodiscard]] std::size_t end() const noexcept { return base_ + text_.size(); }
  [[nodiscard]] std::size_t head() const noexcept { return base_ + head_; }
  void put_space(char space, Origin origin);
  void append_space(char space, Origin origin);
  void append(std::string_view bytes, Origin origin);
  void settle_line_end(std::string_view next);
  void pass_marks();
  [[nodiscard]] bool is_last_settled() const noexcept;

  std::string text_;
  std::vector<Origin> origins_;  // of each byte of text_
  std::size_t base_ = 0;         // position of text_[0]
  std::size_t head_ = 0;         // first byte of text_ that is not taken
  std::deque<Mark> marks_;
  std::deque<Region> regions_;
  bool in_region_ = false;
  std::optional<Origin> region_space_;  // the last of a region so far; behind its end it is outside
  std::deque<Stretch> input_;
  std::size_t offset_ = 0;        // bytes of input so far
  std::size_t spoken_until_ = 0;  // end of the input bytes of the last character
  std::size_t line_bytes_ = 0;    // of the line so far: its words and a space between each two
  bool is_spaced_ = false;        // white space came since the last character
  int line_ends_ = 0;             // since the last word
  bool is_line_settled_ = false;  // the last '\n' stays
  Before before_;
  float rate_ = 1.0F;
};

}  // namespace parley::text
