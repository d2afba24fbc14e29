// SPDX-License-Identifier: Apache-2.0
//
// What is written and what exactly is said, case by case: tests/text/normalise_cases.tsv.
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
    speak(written, options, 1, true);
  }
  EXPECT_GE(seen.size(), 1U);
}

}  // namespace
}  // namespace parley::text
