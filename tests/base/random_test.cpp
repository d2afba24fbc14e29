// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(Random, GivesThePublishedSequence) {
  // The first outputs of SplitMix64 with seed 0, as in the reference implementation.
  Random random(0);
  EXPECT_EQ(random.next(), 0xE220A8397B1DCDAFULL);
  EXPECT_EQ(random.next(), 0x6E789E6AA1B965F4ULL);
  EXPECT_EQ(random.next(), 0x06C45D188009454FULL);
}

TEST(Random, EqualSeedsReplayEqually) {
  Random first(42);
  Random second(42);
  std::vector<float> a(999);
  std::vector<float> b(999);
  first.fill_normal(a);
  second.fill_normal(b);
  EXPECT_EQ(a, b);
}

TEST(Random, NormalValuesHaveMeanZeroAndVarianceOne) {
  Random random(7);
  std::vector<float> values(100'001);  // odd: the last pair is half used
  random.fill_normal(values);
  double sum = 0.0;
  double squares = 0.0;
  for (const float value : values) {
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  const auto count = static_cast<double>(values.size());
  EXPECT_NEAR(sum / count, 0.0, 0.02);
  EXPECT_NEAR(squares / count, 1.0, 0.02);
}

TEST(Random, UniformStaysBelowOne) {
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
  }
}

TEST(Random, IdsAreAlphanumericAndDiffer) {
  Random random(3);
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random.id("item_");
    ASSERT_EQ(id.size(), 5U + 21U);
    ASSERT_EQ(id.substr(0, 5), "item_");
    ASSERT_TRUE(std::all_of(id.begin() + 5, id.end(),
                            [](unsigned char c) { return std::isalnum(c) != 0; }));
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1000U);
  EXPECT_EQ(random.id("r_", 4).size(), 6U);
}

TEST(EntropySeed, IsNotTheSameTwice) { EXPECT_NE(entropy_seed(), entropy_seed()); }

}  // namespace
}  // namespace parley
