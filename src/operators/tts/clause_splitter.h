// SPDX-License-Identifier: Apache-2.0
//
// Cuts streamed text into pieces that can be spoken by themselves.
//
// The first piece decides how soon a reply is heard, so it ends at the first clause (comma, colon,
// full stop), or, when no punctuation comes, before a word at which a phrase begins. Later pieces
// are whole sentences, since longer pieces sound better and there is time.
// Pure text, no threads: one owner. UTF-8 in, UTF-8 out; characters are never cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::operators {

class ClauseSplitter {
 public:
  /// `like_others`: where nobody waits for the first sound, every piece is a sentence.
  enum class First : std::uint8_t { soon, like_others };

  explicit ClauseSplitter(First first = First::soon) : first_soon_(first == First::soon) {}

  void append(std::string_view text) { pending_ += text; }
  /// No more text follows: `next` gives out the rest.
  void finish() { finished_ = true; }
  /// The next piece, trimmed and never empty, or nothing until more text comes.
  [[nodiscard]] std::optional<std::string> next();
  /// Forgets everything; the next piece is a first one again.
  void reset();

 private:
  [[nodiscard]] std::size_t boundary() const;  // end of the next piece in pending_, or 0

  const bool first_soon_;
  std::string pending_;
  bool finished_ = false;
  bool first_ = first_soon_;
};

}  // namespace parley::operators
