// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/stop_scanner.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

TEST(StopScanner, EndsBeforeAStopString) {
  StopScanner scanner({"<end>", "STOP"});
  std::string out;
  EXPECT_FALSE(scanner.push("Hello ", out));
  EXPECT_TRUE(scanner.push("you<end>never", out));
  EXPECT_EQ(out, "Hello you");
}

TEST(StopScanner, FindsOneInPieces) {
  StopScanner scanner({"<end>"});
  std::string out;
  for (const char* piece : {"a<", "e", "n", "d"}) EXPECT_FALSE(scanner.push(piece, out));
  EXPECT_EQ(out, "a");
  EXPECT_TRUE(scanner.push(">", out));
  EXPECT_EQ(out, "a");
}

TEST(StopScanner, GivesBackWhatWasNone) {
  StopScanner scanner({"<end>"});
  std::string out;
  EXPECT_FALSE(scanner.push("a <e", out));
  EXPECT_FALSE(scanner.push("m> b <en", out));
  EXPECT_EQ(out, "a <em> b ");
  scanner.finish(out);
  EXPECT_EQ(out, "a <em> b <en");
}

TEST(StopScanner, TakesTheFirstOfSeveral) {
  StopScanner scanner({"bb", "b", ""});
  std::string out;
  EXPECT_TRUE(scanner.push("abba", out));
  EXPECT_EQ(out, "a");
}

}  // namespace
}  // namespace parley::backend
