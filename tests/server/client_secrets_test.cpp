// SPDX-License-Identifier: Apache-2.0
#include "server/client_secrets.h"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

using std::chrono::seconds;

class Secrets : public ::testing::Test {
 protected:
  Result<protocol::ClientSecretShown> mint(seconds life, std::size_t bytes = 10) {
    protocol::SessionPatch session;
    session.instructions = "i";
    return secrets.mint(std::move(session), life, bytes);
  }
  ManualClock clock;
  Metrics metrics;
  ClientSecrets secrets{clock, metrics};
};

TEST_F(Secrets, LiveUntilTheyExpire) {
  const auto minted = mint(seconds(60));
  ASSERT_TRUE(minted);
  EXPECT_TRUE(ClientSecrets::is_secret(minted->value));
  EXPECT_EQ(minted->value.size(), 51U);
  EXPECT_EQ(minted->expires_at, clock.unix_seconds() + 60);
  clock.advance(seconds(59));
  ASSERT_NE(secrets.find(minted->value), nullptr);
  EXPECT_EQ(secrets.find(minted->value)->instructions, "i");
  clock.advance(seconds(1));
  EXPECT_EQ(secrets.find(minted->value), nullptr);
}

TEST_F(Secrets, AreAllDifferentAndNobodyElseIsFound) {
  const auto one = mint(seconds(60));
  const auto two = mint(seconds(60));
  EXPECT_NE(one->value, two->value);
  EXPECT_EQ(secrets.find("ek_"), nullptr);
  EXPECT_EQ(secrets.find(""), nullptr);
  EXPECT_EQ(secrets.find(one->value.substr(0, 50)), nullptr);
}

TEST_F(Secrets, TooManyAreRefusedUntilSomeExpire) {
  for (std::size_t i = 0; i < kSecretsLiveMax; ++i) ASSERT_TRUE(mint(seconds(10)));
  EXPECT_EQ(mint(seconds(10)).error().code, ErrorCode::resource_exhausted);
  clock.advance(seconds(10));
  EXPECT_TRUE(mint(seconds(10)));
}

TEST_F(Secrets, TooMuchIsRefused) {
  ASSERT_TRUE(mint(seconds(10), kSecretsBytesMax / 2));
  EXPECT_FALSE(mint(seconds(10), kSecretsBytesMax / 2));
  clock.advance(seconds(10));
  EXPECT_TRUE(mint(seconds(10), kSecretsBytesMax / 2));
}

}  // namespace
}  // namespace parley::server
