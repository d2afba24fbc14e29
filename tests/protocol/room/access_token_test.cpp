// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/access_token.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/base64.h"

namespace parley::protocol {
namespace {

constexpr std::int64_t kNow = 1'750'000'000;
const std::string kSecret = "secretsecretsecretsecretsecretsecret";

AccessToken ann() {
  AccessToken token{
      .key = "key", .identity = "u1", .expires_at = 1'900'000'000, .not_before = 1'700'000'000};
  token.video = {.room = "r1", .can_join = true};
  return token;
}

ErrorCode refusal(std::string_view jwt, std::int64_t now = kNow) {
  const auto verified = verify_access_token(jwt, kSecret, now);
  return verified ? ErrorCode::internal : verified.error().code;
}

// Signed by PyJWT from the same claims in the same order.
TEST(AccessToken, IsByteForByteThatOfAnotherLibrary) {
  const std::string jwt = mint_access_token(ann(), kSecret);
  EXPECT_EQ(base64url_decode(std::string_view(jwt).substr(37, jwt.rfind('.') - 37)),
            R"({"iss":"key","sub":"u1","exp":1900000000,"nbf":1700000000,)"
            R"("video":{"roomJoin":true,"room":"r1"}})");
  EXPECT_EQ(jwt.substr(jwt.rfind('.') + 1), "BTAoZb3dHB1ygA0uBO-RaNOVay8D3rNeYmBK06slFzQ");
}

TEST(AccessToken, ComesBackAsItWas) {
  AccessToken token = ann();
  token.name = "Ann";
  token.kind = "agent";
  token.metadata = R"({"a":1})";
  token.attributes = {{"lk.agent.name", "parley"}, {"\"", "ü"}};
  token.video = {.room = "r 1",
                 .can_join = true,
                 .can_create = true,
                 .can_list = true,
                 .is_admin = true,
                 .is_worker = true,
                 .is_hidden = true,
                 .can_publish = false,
                 .can_publish_data = true};
  token.agents = {{"interpreter", "translator"}, {"parley", ""}};
  const auto verified = verify_access_token(mint_access_token(token, kSecret), kSecret, kNow);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->key, "key");
  EXPECT_EQ(verified->identity, "u1");
  EXPECT_EQ(verified->name, "Ann");
  EXPECT_EQ(verified->kind, "agent");
  EXPECT_EQ(verified->metadata, token.metadata);
  EXPECT_EQ(verified->attributes, token.attributes);
  EXPECT_EQ(verified->video.room, "r 1");
  EXPECT_TRUE(verified->video.can_join && verified->video.can_create && verified->video.can_list &&
              verified->video.is_admin && verified->video.is_worker && verified->video.is_hidden);
  EXPECT_EQ(verified->video.can_publish, false);
  EXPECT_EQ(verified->video.can_subscribe, std::nullopt);
  EXPECT_EQ(verified->video.can_publish_data, true);
  ASSERT_EQ(verified->agents.size(), 2U);
  EXPECT_EQ(verified->agents[0].metadata, "translator");
}

TEST(AccessToken, IsValidInItsTimeAndAMinuteAround) {
  const std::string jwt = mint_access_token(ann(), kSecret);
  EXPECT_TRUE(verify_access_token(jwt, kSecret, 1'900'000'060));
  EXPECT_EQ(refusal(jwt, 1'900'000'061), ErrorCode::permission_denied);
  EXPECT_TRUE(verify_access_token(jwt, kSecret, 1'699'999'940));
  EXPECT_EQ(refusal(jwt, 1'699'999'939), ErrorCode::permission_denied);
}

TEST(AccessToken, OfAnotherSecretOrAlgorithmIsRefused) {
  EXPECT_EQ(refusal(mint_access_token(ann(), "another")), ErrorCode::permission_denied);
  const std::string jwt = mint_access_token(ann(), kSecret);
  const std::string unsigned_jwt = base64url(R"({"alg":"none","typ":"JWT"})") +
                                   jwt.substr(jwt.find('.'), jwt.rfind('.') + 1 - jwt.find('.'));
  EXPECT_EQ(refusal(unsigned_jwt), ErrorCode::permission_denied);
  std::string changed = jwt;
  changed[jwt.find('.') + 5] ^= 1;
  EXPECT_EQ(refusal(changed), ErrorCode::permission_denied);
}

TEST(AccessToken, WhatIsNoneIsToldSo) {
  for (const std::string text : {"", "a", "a.b", "..", "!.!.!", "e30.e30.e30"}) {
    EXPECT_EQ(refusal(text), ErrorCode::data_corrupt) << text;
  }
  EXPECT_EQ(refusal(std::string(kAccessTokenBytesMax + 1, '.')), ErrorCode::data_corrupt);
}

}  // namespace
}  // namespace parley::protocol
