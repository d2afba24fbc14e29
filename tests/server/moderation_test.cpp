// SPDX-License-Identifier: Apache-2.0
#include "server/moderation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::server {
namespace {

using ::testing::HasSubstr;

class ModerationConfig : public ::testing::Test {
 protected:
  Result<std::unique_ptr<model::ModerationHost>> open() {
    return open_moderation(config, clock, metrics);
  }
  Config config;
  ManualClock clock;
  Metrics metrics;
};

TEST_F(ModerationConfig, IsOffByDefault) {
  const auto host = open();
  ASSERT_TRUE(host);
  EXPECT_EQ(*host, nullptr);
  const agent::ModerationSettings settings = moderation_settings(config);
  EXPECT_FALSE(settings.input);
  EXPECT_FALSE(settings.output);
  EXPECT_FALSE(settings.passes_unchecked);
}

TEST_F(ModerationConfig, SaysWhatIsMissingOrWrong) {
  config.moderation.check = "both";
  EXPECT_THAT(open().error().message, HasSubstr("set moderation.words or moderation.webhook"));
  config.moderation.webhook = "nowhere";
  EXPECT_THAT(open().error().message, HasSubstr("moderation.webhook: "));
}

TEST_F(ModerationConfig, WordsAreJudgedAtOnce) {
  config.moderation.check = "output";
  config.moderation.when_late = "open";
  config.moderation.words = {"darn"};
  const auto host = open();
  ASSERT_TRUE(host) << host.error().message;
  const auto call = std::make_shared<model::ModerationCall>();
  call->text = "Darn!";
  call->begin({}, Instant::never());
  ASSERT_TRUE((*host)->submit(call));
  EXPECT_TRUE(call->done());
  EXPECT_TRUE(call->refused);
  const agent::ModerationSettings settings = moderation_settings(config);
  EXPECT_FALSE(settings.input);
  EXPECT_TRUE(settings.output);
  EXPECT_TRUE(settings.passes_unchecked);
}

TEST_F(ModerationConfig, OpensAWebhook) {
  config.moderation.check = "both";
  config.moderation.webhook = "http://127.0.0.1:1/";
  const auto host = open();
  ASSERT_TRUE(host) << host.error().message;
  EXPECT_NE(*host, nullptr);
}

}  // namespace
}  // namespace parley::server
