// SPDX-License-Identifier: Apache-2.0
#include "service/heard_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HeardWords, OnlyThoseThatAreAwaitedAreTold) {
  HeardWords heard;
  heard.await("a");
  heard.await("b");
  heard.said("a", "One.");
  heard.said("a", "Again.");
  heard.failed("b");
  heard.said("b", "Two.");
  heard.add("Three.");
  EXPECT_THAT(heard.take(), ElementsAre("One.", "Three."));
  EXPECT_TRUE(heard.empty());
  heard.await("c");
  heard.forget();
  heard.said("c", "Never.");
  EXPECT_THAT(heard.take(), IsEmpty());
}

TEST(HeardWords, NoMoreAreAwaitedThanMayBe) {
  HeardWords heard;
  for (std::size_t i = 0; i <= HeardWords::kAwaitedMax; ++i) heard.await(std::to_string(i));
  for (std::size_t i = 0; i <= HeardWords::kAwaitedMax; ++i) heard.said(std::to_string(i), "x");
  EXPECT_EQ(heard.take().size(), HeardWords::kAwaitedMax);
}

}  // namespace
}  // namespace parley::service
