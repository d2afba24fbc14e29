// SPDX-License-Identifier: Apache-2.0
#include "base/log_histogram.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(LogHistogram, IsEmptyAtFirst) {
  const LogHistogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.sum(), 0U);
  EXPECT_EQ(histogram.percentile(0.99), 0.0);
}

TEST(LogHistogram, KnowsSmallValuesExactly) {
  LogHistogram histogram;
  for (std::uint64_t value = 0; value < 32; ++value) histogram.add(value);
  EXPECT_EQ(histogram.count(), 32U);
  EXPECT_EQ(histogram.sum(), 496U);
  EXPECT_EQ(histogram.max(), 31U);
  EXPECT_EQ(histogram.percentile(0.0), 0.0);
  EXPECT_EQ(histogram.percentile(0.5), 15.0);
  EXPECT_EQ(histogram.percentile(1.0), 31.0);
}

TEST(LogHistogram, KnowsGreatValuesToThreePercent) {
  for (std::uint64_t value = 1; value < LogHistogram::kValueMax; value = value * 3 + 1) {
    LogHistogram histogram;
    histogram.add(value);
    histogram.add(LogHistogram::kValueMax);  // so that the maximum does not help
    EXPECT_NEAR(histogram.percentile(0.5), static_cast<double>(value),
                0.033 * static_cast<double>(value));
  }
}

TEST(LogHistogram, PercentilesOfManyValues) {
  LogHistogram histogram;
  for (std::uint64_t value = 1; value <= 100'000; ++value) histogram.add(value);
  EXPECT_NEAR(histogram.percentile(0.50), 50'000.0, 1600.0);
  EXPECT_NEAR(histogram.percentile(0.95), 95'000.0, 3000.0);
  EXPECT_NEAR(histogram.percentile(0.99), 99'000.0, 3100.0);
  EXPECT_EQ(histogram.max(), 100'000U);
}

TEST(LogHistogram, NeverSaysMoreThanTheGreatest) {
  LogHistogram histogram;
  histogram.add(1'000'000);
  EXPECT_LE(histogram.percentile(0.99), 1'000'000.0);
  histogram.add(~std::uint64_t{0});
  EXPECT_EQ(histogram.max(), LogHistogram::kValueMax);
}

}  // namespace
}  // namespace parley
