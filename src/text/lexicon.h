// SPDX-License-Identifier: Apache-2.0
//
// How the user wants words to be said. A file of lines:
//
//   # names
//   Siobhan = shuh-vawn
//   nginx   = engine x
//   GIF     = [[dʒɪf]]          phonemes (IPA) between double brackets
//   New York City = the Big Apple
//
// A word written in lower case stands for itself in any case; one with a capital only for itself.
// A word ends where letters and digits end; "'s" may follow it.
//
// Threads: immutable once made.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::text {

inline constexpr std::size_t kLexiconBytesMax = 4'194'304;  // a lexicon's file
inline constexpr std::size_t kLexiconWordBytesMax = 128;    // one entry's word
inline constexpr std::size_t kLexiconSpokenBytesMax = 512;  // what is said for it

class Lexicon {
 public:
  /// not_found, or as `parse`.
  [[nodiscard]] static Result<Lexicon> load(const std::string& path);
  /// `name` is the file's, for errors: invalid_argument as "name:line: what is wrong".
  [[nodiscard]] static Result<Lexicon> parse(std::string_view text, std::string_view name);

  struct Match {
    std::size_t size = 0;  // bytes of the text that are the word
    std::string_view spoken;
  };
  /// The longest entry that `text` begins with. The byte before it, if any, is no letter or digit.
  [[nodiscard]] std::optional<Match> find(std::string_view text) const;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct Entry {
    std::string word;
    std::string spoken;
    bool any_case = false;
  };

  Status add(std::string_view word, std::string_view spoken);

  // By the first letters and digits in lower case; longer entries first.
  std::map<std::string, std::vector<Entry>, std::less<>> entries_;
  std::size_t size_ = 0;
};

}  // namespace parley::text
