// SPDX-License-Identifier: Apache-2.0
#include "server/api_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::server {
namespace {

using ::testing::ElementsAre;

transport::HttpRequest with(std::string name, std::string value) {
  transport::HttpRequest request;
  request.headers.emplace_back(std::move(name), std::move(value));
  return request;
}

TEST(ApiKeys, WithoutKeysEverybodyIsAdmitted) {
  const ApiKeys keys({});
  EXPECT_TRUE(keys.is_open());
  EXPECT_TRUE(keys.admits({}));
  EXPECT_TRUE(keys.admits(with("Authorization", "Bearer anything")));
}

TEST(ApiKeys, FindsAKeyInEachPlace) {
  const ApiKeys keys({"alpha", "beta"});
  for (const auto& [name, value] : transport::HttpFields{
           {"Authorization", "Bearer alpha"},
           {"authorization", "bearer beta"},
           {"api-key", "alpha"},
           {"Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.beta"},
           {"sec-websocket-protocol", "openai-insecure-api-key.alpha,realtime"},
       }) {
    EXPECT_TRUE(keys.admits(with(name, value))) << name << ": " << value;
  }
}

TEST(ApiKeys, RefusesEverythingElse) {
  const ApiKeys keys({"alpha", "beta"});
  EXPECT_FALSE(keys.admits({}));
  for (const auto& [name, value] : transport::HttpFields{
           {"Authorization", "alpha"},
           {"Authorization", "Basic alpha"},
           {"Authorization", "Bearer "},
           {"Authorization", "Bearer alph"},
           {"Authorization", "Bearer alphaa"},
           {"Authorization", "Bearer alphaalpha"},
           {"Authorization", "Bearer  alpha"},
           {"Authorization", "Bearer Alpha"},
           {"Authorization", "Bearer alpha, beta"},
           {"api-key", ""},
           {"api-key", "alphabeta"},
           {"Sec-WebSocket-Protocol", "realtime"},
           {"Sec-WebSocket-Protocol", "openai-insecure-api-key."},
           {"Sec-WebSocket-Protocol", "openai-insecure-api-key.gamma"},
           {"Cookie", "alpha"},
       }) {
    EXPECT_FALSE(keys.admits(with(name, value))) << name << ": " << value;
  }
}

TEST(OfferedSubprotocols, SplitsEveryHeader) {
  transport::HttpRequest request = with("Sec-WebSocket-Protocol", " realtime ,,\ta.b ");
  request.headers.emplace_back("sec-websocket-protocol", "c");
  EXPECT_THAT(offered_subprotocols(request), ElementsAre("realtime", "a.b", "c"));
}

TEST(ApiKeys, TellsWhoseThingsARequestSees) {
  const ApiKeys keys({"alpha", "beta"});
  const std::string alpha = keys.owner_of(with("Authorization", "Bearer alpha"));
  EXPECT_EQ(alpha, keys.owner_of(with("api-key", "alpha")));
  EXPECT_NE(alpha, keys.owner_of(with("api-key", "beta")));
  EXPECT_EQ(alpha.find("alpha"), std::string::npos);
  EXPECT_EQ(keys.owner_of({}), "");
  EXPECT_EQ(keys.owner_of(with("api-key", "gamma")), "");
  EXPECT_EQ(ApiKeys({}).owner_of(with("api-key", "alpha")), "");
}

}  // namespace
}  // namespace parley::server
