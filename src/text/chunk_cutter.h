// SPDX-License-Identifier: Apache-2.0
//
// Where a text is cut into chunks that are spoken one by one.
//
// The first chunk decides how soon anything is heard: it ends at the first clause. Later ones are
// sentences, so that the voice finds their melody; short sentences go together, long ones are cut
// at a comma. No chunk ends inside a phrase, a number, a date, an address or an abbreviation,
// unless the text has nothing else for kChunkBytesMax.
//
// A cut is decided once and for all, and only when what it depends on is there: so the chunks are
// the same however the text came in.
//
// Threads: one owner.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "text/passage.h"

namespace parley::text {

enum class First : std::uint8_t {
  soon,        // somebody waits for the first sound
  like_others  // nobody does: every chunk is a long one
};

/// A chunk without markup, in bytes: about 20 s of speech. One without any place to cut, such as a
/// long address, is cut between two characters.
inline constexpr std::size_t kChunkBytesMax = 300;

class ChunkCutter {
 public:
  explicit ChunkCutter(First first) : first_(first) {}

  /// The end of the next chunk in `passage.text()`, which has no leading space; nothing until more
  /// text comes. Called again, with the same text or with more of it, it goes on where it stopped.
  [[nodiscard]] std::optional<std::size_t> next_end(const Passage& passage);
  /// The chunk was taken from the passage; `spoken` when there was something to say in it.
  void taken(bool spoken);
  /// The next chunk is a first one again.
  void restart() { chunks_ = 0; }

 private:
  enum class Cut : std::uint8_t { glued, word, phrase, clause, sentence, unknown };
  static constexpr std::size_t kCuts = 5;  // without unknown

  [[nodiscard]] Cut cut_at_space(std::string_view text, bool is_all) const;
  [[nodiscard]] Cut cut_at_full_stop(std::string_view token, std::string_view rest,
                                     bool is_all) const;
  [[nodiscard]] Cut cut_at_word(std::string_view token, std::string_view rest, bool is_all) const;
  [[nodiscard]] Cut cut_at_mark(std::string_view text, bool is_all, std::size_t& end) const;
  [[nodiscard]] bool is_enough(std::size_t end, Cut cut);
  [[nodiscard]] std::size_t forced_end(const Passage& passage) const;
  [[nodiscard]] std::size_t max() const noexcept;

  const First first_;
  std::size_t chunks_ = 0;                 // given out since the beginning
  std::size_t at_ = 0;                     // the first byte not looked at
  std::size_t token_begin_ = 0;            // of the run without space that at_ is in
  std::array<std::size_t, kCuts> best_{};  // the last place of each kind
};

}  // namespace parley::text
