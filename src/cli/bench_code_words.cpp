// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_code_words.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace parley::cli {
namespace {

constexpr std::array<std::string_view, 32> kWords{
    "bicycle",   "elephant",  "computer",    "mountain",     "banana",     "window",    "garden",
    "umbrella",  "chocolate", "diamond",     "kitchen",      "telephone",  "library",   "orange",
    "potato",    "sunday",    "president",   "tomato",       "university", "vegetable", "winter",
    "yellow",    "airport",   "breakfast",   "camera",       "december",   "engineer",  "football",
    "hamburger", "newspaper", "mathematics", "understanding"};

/// Lower case, and a space on each side of each word.
std::string spaced_words(std::string_view text) {
  std::string words = " ";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      words += static_cast<char>(std::tolower(byte));
    } else if (words.back() != ' ') {
      words += ' ';
    }
  }
  if (words.back() != ' ') words += ' ';
  return words;
}

bool has_word(const std::string& spaced, std::string_view word) {
  return spaced.find(" " + std::string(word) + " ") != std::string::npos;
}

}  // namespace

std::span<const std::string_view> code_words() { return kWords; }

std::string code_word_problem(std::string_view heard, std::span<const std::string_view> words,
                              std::size_t own) {
  const std::string spaced = spaced_words(heard);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != own && has_word(spaced, words[i])) {
      return "heard the word '" + std::string(words[i]) + "' of session " + std::to_string(i) +
             ": " + std::string(heard);
    }
  }
  if (has_word(spaced, words[own])) return {};
  return "did not hear '" + std::string(words[own]) + "': " + std::string(heard);
}

Result<BenchCodeWords> check_code_words(std::span<const BenchTurn> turns, std::size_t sessions,
                                        const TranscribeReply& transcribe) {
  const auto words = code_words().first(std::min(sessions, code_words().size()));
  BenchCodeWords result;
  for (const BenchTurn& turn : turns) {
    if (!turn.problem.empty() || turn.audio.empty()) continue;
    PARLEY_TRY(const std::string heard, transcribe(turn.audio));
    ++result.checked;
    std::string why = code_word_problem(heard, words, turn.session);
    if (!why.empty()) result.wrong.push_back({turn.session, turn.number, std::move(why)});
  }
  return result;
}

}  // namespace parley::cli
