// SPDX-License-Identifier: Apache-2.0
#include "media/media_time.h"

#include <gtest/gtest.h>

namespace parley::media {
namespace {

TEST(MediaTime, SamplesOfEverySupportedRateAreExact) {
  for (const int rate : {8'000, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000}) {
    EXPECT_EQ(MediaTime::kPerSecond % rate, 0) << rate;
    const std::int64_t day = static_cast<std::int64_t>(rate) * 86'400 + 1;
    EXPECT_EQ(MediaTime::from_samples(day, rate).samples(rate), day);
  }
}

TEST(MediaTime, ConvertsToMillisecondsAndNanoseconds) {
  EXPECT_EQ(MediaTime::from_samples(24'000, 24'000).ms(), 1000);
  EXPECT_EQ(MediaTime::from_samples(1, 16'000).nanos().count(), 62'500);
  EXPECT_EQ(MediaTime::from_ms(86'400'000).nanos(), std::chrono::hours(24));
  EXPECT_EQ((MediaTime::from_ms(30) - MediaTime::from_ms(10)).ms(), 20);
  EXPECT_LT(MediaTime::from_samples(1, 48'000), MediaTime::from_samples(1, 44'100));
}

}  // namespace
}  // namespace parley::media
