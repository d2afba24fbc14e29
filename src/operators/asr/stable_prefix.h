// SPDX-License-Identifier: Apache-2.0
//
// What of a growing utterance may be shown as certain, while it is still being spoken.
//
// Successive hypotheses about ever more of the same audio change at their end. A word is stable as
// soon as two in a row agree on it and on all before it (LocalAgreement-2: Liu, Spanakis, Niehues
// 2020; with Whisper: Macháček, Dabre, Bojar 2023, arXiv:2307.14743). What is stable is never taken
// back, also where a later hypothesis disagrees: its words are then those of the earlier ones.
//
//   StablePrefix shown;
//   shown.add("The cap");                   // text "The cap",            stable ""
//   shown.add("The captain counted");       // text "The captain counted", stable "The"
//
// The last word of a model that writes piece by piece ("cap", "captain") may yet grow, however
// often it was seen: `Ending::open` says so, and it is stable only once another one follows.
//
// Words are compared as spoken_words.h has them. Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::operators {

/// Whether the last word of a hypothesis is whole.
enum class Ending : std::uint8_t { whole, open };

class StablePrefix {
 public:
  /// Takes a hypothesis about at least the audio of the last one.
  void add(std::string_view hypothesis, Ending ending = Ending::whole);
  /// For the next utterance.
  void clear();

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// Bytes of `text` that stay. They end with a word; its punctuation may yet change.
  [[nodiscard]] std::size_t stable_bytes() const noexcept { return stable_.size(); }
  [[nodiscard]] std::size_t stable_words() const noexcept { return stable_words_; }

 private:
  std::string text_;
  std::string stable_;
  std::size_t stable_words_ = 0;
  std::vector<std::string> last_;  // words of the last hypothesis, as they are compared
};

}  // namespace parley::operators
