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
           {"Authorization", "Token alpha"},
           {"api-key", "alpha"},
           {"xi-api-key", "beta"},
           {"Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.beta"},
           {"sec-websocket-protocol", "openai-insecure-api-key.alpha,realtime"},
       }) {
    EXPECT_TRUE(keys.admits(with(name, value))) << name << ": " << value;
  }
}

TEST(ApiKeys, FindsAKeyThatCameByOtherWays) {
  const ApiKeys keys({"alpha", "beta"});
  EXPECT_EQ(keys.find_key("beta"), 1U);
  EXPECT_EQ(keys.find_key("gamma"), std::nullopt);
  EXPECT_EQ(keys.find_key(""), std::nullopt);
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
           {"Authorization", "Token gamma"},
           {"api-key", ""},
           {"xi-api-key", "gamma"},
           {"api-key", "alphabeta"},
           {"Sec-WebSocket-Protocol", "realtime"},
           {"Sec-WebSocket-Protocol", "openai-insecure-api-key."},
           {"Sec-WebSocket-Protocol", "openai-insecure-api-key.gamma"},
           {"Cookie", "alpha"},
       }) {
    EXPECT_FALSE(keys.admits(with(name, value))) << name << ": " << value;
  }
}

// printf alpha | sha256sum
constexpr const char* kAlpha = "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8";

TEST(ApiKeys, OfTheConfigurationHaveNamesAndLimits) {
  Config config;
  config.limits.key_sessions = 5;
  config.server.api_keys = {"beta"};
  config.server.keys = {"name=web  sha256=" + std::string(kAlpha) +
                        " requests_per_minute=60 budget=2.5"};
  const Result<ApiKeys> keys = ApiKeys::make(config);
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->all().size(), 2U);
  EXPECT_EQ(keys->find(with("api-key", "beta")), 0U);
  EXPECT_EQ(keys->find(with("api-key", "alpha")), 1U);
  EXPECT_EQ(keys->find(with("api-key", kAlpha)), std::nullopt) << "the digest is not the key";
  EXPECT_EQ(keys->all()[1].name, "web");
  EXPECT_EQ(keys->all()[1].limits.sessions, 5) << "the default";
  EXPECT_EQ(keys->all()[1].limits.requests_per_minute, 60);
  EXPECT_EQ(keys->all()[1].limits.budget, 2.5);
  EXPECT_EQ(keys->all()[0].limits.budget, std::nullopt);
}

TEST(ApiKeys, EntriesThatCannotBeMeantAreErrors) {
  const std::string digest = " sha256=" + std::string(kAlpha);
  const std::vector<std::string> entries = {"web",
                                            "name=web",
                                            digest,
                                            "name=a sha256=12",
                                            "name=a x=1" + digest,
                                            "name=a sessions=many" + digest,
                                            "name=a sessions=-1" + digest,
                                            "name=a budget=nan" + digest,
                                            "name=a sessions=1.5" + digest};
  for (const std::string& entry : entries) {
    Config config;
    config.server.keys = {entry};
    const Result<ApiKeys> keys = ApiKeys::make(config);
    ASSERT_FALSE(keys) << entry;
    EXPECT_TRUE(keys.error().message.starts_with("server.keys: ")) << keys.error().message;
  }
  Config twice;
  twice.server.keys = {"name=a" + digest, "name=a" + digest};
  EXPECT_FALSE(ApiKeys::make(twice));
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
