// SPDX-License-Identifier: Apache-2.0
#include "transport/client/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Headers = std::vector<std::pair<std::string, std::string>>;

// The example of standardwebhooks.com's specification.
TEST(Webhook, IsSignedAsTheStandardSays) {
  const Result<std::string> key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key);
  const std::string id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  Headers headers{{"Content-Type", "application/json"}};
  add_webhook_headers(headers, *key, id, 1'614'265'330, R"({"test": 2432232314})");
  EXPECT_THAT(
      headers,
      ElementsAre(Pair("Content-Type", "application/json"), Pair("Idempotency-Key", id),
                  Pair("webhook-id", id), Pair("webhook-timestamp", "1614265330"),
                  Pair("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")));
}

TEST(Webhook, WithoutAKeyHasNoSignature) {
  Headers headers;
  add_webhook_headers(headers, "", "a", 5, "body");
  EXPECT_THAT(headers, ElementsAre(Pair("Idempotency-Key", "a"), Pair("webhook-id", "a"),
                                   Pair("webhook-timestamp", "5")));
}

TEST(Webhook, ASecretIsTextOrBase64) {
  EXPECT_EQ(*webhook_key("plain"), "plain");
  EXPECT_EQ(*webhook_key(""), "");
  EXPECT_EQ(*webhook_key("whsec_AAEC"), std::string("\0\1\2", 3));
  EXPECT_EQ(webhook_key("whsec_?").error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace parley::transport
