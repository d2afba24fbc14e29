// SPDX-License-Identifier: Apache-2.0
#include "server/address_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::server {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(AddressOf, NamesWhoIsCountedAsOne) {
  EXPECT_EQ(address_of("192.0.2.7:5555"), "192.0.2.7");
  EXPECT_EQ(address_of("[2001:db8:1:2:3:4:5:6]:443"), "2001:db8:1:2::");
  EXPECT_EQ(address_of("[2001:db8:1:2::99]:443"), "2001:db8:1:2::");
  EXPECT_EQ(address_of("[::ffff:192.0.2.7]:80"), "192.0.2.7");
  EXPECT_EQ(address_of("unknown"), "unknown");
}

TEST(AddressLimits, EachAddressHasItsOwnMinute) {
  ManualClock clock{1'750'000'000};  // 40 s after a full minute
  Metrics metrics;
  AddressLimits limits(2, clock, metrics);
  EXPECT_FALSE(limits.take("192.0.2.7:1"));
  EXPECT_FALSE(limits.take("192.0.2.7:2"));
  const auto refused = limits.take("192.0.2.7:3");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->retry_seconds, 20);
  EXPECT_THAT(refused->message, HasSubstr("2 requests per minute from one address."));
  EXPECT_FALSE(limits.take("192.0.2.8:1"));
  clock.advance(seconds(20));
  EXPECT_FALSE(limits.take("192.0.2.7:4"));
  EXPECT_THAT(metrics.render(), HasSubstr("parley_address_refused_total 1\n"));
}

TEST(AddressLimits, ForgetsTheAddressThatWasSeenLongestAgo) {
  const ManualClock clock;
  Metrics metrics;
  AddressLimits limits(1, clock, metrics);
  EXPECT_FALSE(limits.take("first:1"));
  EXPECT_FALSE(limits.take("second:1"));
  EXPECT_TRUE(limits.take("first:1")) << "seen again, after the second";
  for (std::size_t i = 0; i < kAddressesMax - 1; ++i) {
    EXPECT_FALSE(limits.take(std::to_string(i) + ":1"));
  }
  EXPECT_TRUE(limits.take("first:1"));
  EXPECT_FALSE(limits.take("second:1")) << "it was forgotten, and begins anew";
  EXPECT_THAT(metrics.render(), HasSubstr("parley_address_forgotten_total 2\n"));
}

TEST(AddressLimits, WithoutALimitNothingIsCounted) {
  const ManualClock clock;
  Metrics metrics;
  AddressLimits limits(0, clock, metrics);
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(limits.take("a:1"));
}

}  // namespace
}  // namespace parley::server
