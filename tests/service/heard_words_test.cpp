// SPDX-License-Identifier: Apache-2.0
#include "service/heard_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Those that somebody is answered to, and a stranger's in brackets.
std::vector<std::string> told(HeardWords& heard) {
  std::vector<std::string> all;
  for (const HeardWords::Words& one : heard.take()) {
    all.push_back(one.is_admitted ? one.text : "(" + one.text + ")");
  }
  return all;
}

TEST(HeardWords, OnlyThoseThatAreAwaitedAreTold) {
  HeardWords heard;
  heard.await("a");
  heard.await("b");
  heard.said("a", "One.");
  heard.said("a", "Again.");
  heard.failed("b");
  heard.said("b", "Two.");
  heard.add("Three.");
  EXPECT_THAT(told(heard), ElementsAre("One.", "Three."));
  EXPECT_TRUE(heard.empty());
  heard.await("c");
  heard.forget();
  heard.said("c", "Never.");
  EXPECT_THAT(told(heard), IsEmpty());
}

TEST(HeardWords, WhereSpeakersAreJudgedWordsWaitForTheirs) {
  HeardWords heard;
  heard.await("a", true);
  heard.await("b", true);
  heard.await("c", true);
  heard.said("a", "One.");
  EXPECT_THAT(told(heard), IsEmpty());
  heard.judged("a", true);
  heard.judged("b", false);
  EXPECT_THAT(told(heard), ElementsAre("One."));
  heard.said("b", "Two.");
  heard.add("Three.", false);
  heard.failed("c");
  heard.judged("c", true);
  heard.judged("nobody's", true);
  EXPECT_THAT(told(heard), ElementsAre("(Two.)", "(Three.)"));
}

TEST(HeardWords, NoMoreAreAwaitedThanMayBe) {
  HeardWords heard;
  for (std::size_t i = 0; i <= HeardWords::kAwaitedMax; ++i) heard.await(std::to_string(i));
  for (std::size_t i = 0; i <= HeardWords::kAwaitedMax; ++i) heard.said(std::to_string(i), "x");
  EXPECT_EQ(heard.take().size(), HeardWords::kAwaitedMax);
}

}  // namespace
}  // namespace parley::service
