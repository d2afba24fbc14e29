// SPDX-License-Identifier: Apache-2.0
//
// What is written and what exactly is said, case by case: tests/text/normalise_cases.tsv.
#include <cctype>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/text/speak.h"
#include "text/normalise/normaliser.h"

namespace parley::text {
namespace {

TEST(NormaliseCases, AreSaidExactly) {
  std::ifstream file("tests/text/normalise_cases.tsv");
  ASSERT_TRUE(file);
  std::set<std::string> seen;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    ASSERT_NE(second, std::string::npos) << line;
    const std::string language = line.substr(0, first);
    const std::string written = line.substr(first + 1, second - first - 1);
    EXPECT_TRUE(seen.insert(language + written).second) << "twice: " << line;
    TextOptions options;
    options.language = language;
    EXPECT_EQ(said(written, options), line.substr(second + 1)) << language << ": " << written;
    // Nothing is left out, and a chunk's words stand where they stood.
    const bool is_plain =
        written.find("](") == std::string::npos && written.find(" :D") == std::string::npos;
    speak(written, options, 1, is_plain);
  }
  EXPECT_GE(seen.size(), 300U);
}

/// Only letters: "A.M." and "a m" sound the same.
std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) letters += static_cast<char>(c | 0x20);
  }
  return letters;
}

TEST(SpokenSentences, AreSaidAsAPersonWroteThemOut) {
  std::ifstream file("tests/text/spoken_sentences.tsv");
  ASSERT_TRUE(file);
  int sentences = 0;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t tab = line.find('\t');
    ASSERT_NE(tab, std::string::npos) << line;
    EXPECT_EQ(letters_of(said(line.substr(0, tab))), letters_of(line.substr(tab + 1))) << line;
    ++sentences;
  }
  EXPECT_EQ(sentences, 60);
}

}  // namespace
}  // namespace parley::text
