// SPDX-License-Identifier: Apache-2.0
#include "transport/address_count.h"

#include <gtest/gtest.h>

namespace parley::transport {
namespace {

std::string key(const char* address) { return address_key(boost::asio::ip::make_address(address)); }

TEST(AddressKey, IsTheAddressOrTheNetworkOf64Bits) {
  EXPECT_EQ(key("192.0.2.1"), key("192.0.2.1"));
  EXPECT_NE(key("192.0.2.1"), key("192.0.2.2"));
  EXPECT_EQ(key("192.0.2.1"), key("::ffff:192.0.2.1"));
  EXPECT_EQ(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
}

TEST(AddressCount, LetsSoManyInAndForgetsWhoLeft) {
  AddressCount count(2);
  EXPECT_TRUE(count.enter("a"));
  EXPECT_TRUE(count.enter("a"));
  EXPECT_FALSE(count.enter("a"));
  EXPECT_TRUE(count.enter("b"));
  count.leave("a");
  EXPECT_TRUE(count.enter("a"));
  EXPECT_FALSE(count.enter("a"));
}

TEST(AddressCount, ZeroLetsEverybodyIn) {
  AddressCount count(0);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(count.enter("a"));
  count.leave("a");
}

}  // namespace
}  // namespace parley::transport
