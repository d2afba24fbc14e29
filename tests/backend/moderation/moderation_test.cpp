// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/moderation/verdict.h"
#include "backend/moderation/webhook_moderation.h"
#include "backend/moderation/word_list.h"
#include "transport/client/webhook.h"

namespace parley::backend {
namespace {

using ::testing::IsSupersetOf;

std::shared_ptr<model::ModerationCall> make_call(std::string text) {
  auto call = std::make_shared<model::ModerationCall>();
  call->text = std::move(text);
  call->begin({}, Instant::never());
  return call;
}

TEST(WordList, FindsWholeWordsAndPhrases) {
  const WordList words({"Darn", "no  such, luck", "ärger", " ", ""});
  for (const char* text :
       {"darn", "Well, DARN!", "\"darn\"", "no such luck", "No such... luck.", "so ein ärger"}) {
    EXPECT_TRUE(words.is_in(text)) << text;
  }
  for (const char* text : {"", "darned", "undarn", "no luck such", "such luck", "verärgert"}) {
    EXPECT_FALSE(words.is_in(text)) << text;
  }
}

TEST(Verdict, ReadsEachForm) {
  for (const char* yes :
       {R"({"refused":true})", R"({"flagged":true,"x":1})", R"({"allowed":false})",
        R"({"results":[{"flagged":false},{"flagged":true}]})"}) {
    const Result<bool> verdict = parse_verdict(yes);
    ASSERT_TRUE(verdict) << yes;
    EXPECT_TRUE(*verdict) << yes;
  }
  EXPECT_FALSE(*parse_verdict(R"({"refused":false})"));
  EXPECT_FALSE(*parse_verdict(R"({"results":[{"flagged":false}]})"));
  for (const char* bad : {"", "true", "{}", "[]", R"({"refused":1})", R"({"results":[]})",
                          R"({"results":[{"flagged":false},{}]})", R"({"results":[1]})"}) {
    EXPECT_FALSE(parse_verdict(bad)) << bad;
  }
}

class Webhook : public ::testing::Test {
 protected:
  static WebhookModerationOptions options() {
    WebhookModerationOptions options;
    options.key = "s";
    return options;
  }
  std::vector<transport::HttpPost> posts;
  std::vector<transport::HttpPostDone> answers;
  Metrics metrics;
  ManualClock clock;
  WebhookModeration host{options(), std::make_unique<WordList>(std::vector<std::string>{"darn"}),
                         [this](transport::HttpPost post, transport::HttpPostDone done) {
                           posts.push_back(std::move(post));
                           answers.push_back(std::move(done));
                         },
                         clock, metrics};
};

TEST_F(Webhook, AsksAndTakesTheVerdict) {
  const auto call = make_call("is \"it\" fine?");
  ASSERT_TRUE(host.submit(call));
  EXPECT_FALSE(call->done());
  EXPECT_EQ(posts[0].body, R"({"input":"is \"it\" fine?","source":"input"})");
  const auto id = std::ranges::find(posts[0].headers, "webhook-id",
                                    &std::pair<std::string, std::string>::first);
  ASSERT_NE(id, posts[0].headers.end());
  std::vector<std::pair<std::string, std::string>> expected;
  transport::add_webhook_headers(expected, "s", id->second, 1'750'000'000, posts[0].body);
  EXPECT_THAT(posts[0].headers, IsSupersetOf(expected));
  answers[0](transport::HttpAnswer{200, R"({"refused":true})"});
  ASSERT_TRUE(call->done());
  EXPECT_TRUE(call->status);
  EXPECT_TRUE(call->refused);
}

TEST_F(Webhook, WhatTheWordsRefuseIsNotAsked) {
  const auto call = make_call("darn it");
  ASSERT_TRUE(host.submit(call));
  EXPECT_TRUE(call->done());
  EXPECT_TRUE(call->refused);
  EXPECT_TRUE(posts.empty());
}

TEST_F(Webhook, AnythingButAVerdictIsAFailure) {
  const std::vector<Result<transport::HttpAnswer>> bad = {
      Error{ErrorCode::deadline_exceeded, "late"}, transport::HttpAnswer{500, "{}"},
      transport::HttpAnswer{200, "{}"}, transport::HttpAnswer{204, ""}};
  for (const auto& answer : bad) {
    const auto call = make_call("hello");
    ASSERT_TRUE(host.submit(call));
    answers.back()(answer);
    ASSERT_TRUE(call->done());
    EXPECT_FALSE(call->status);
  }
}

TEST_F(Webhook, AsksOnlySoManyAtATime) {
  for (std::size_t i = 0; i < kChecksWaitingMax; ++i) ASSERT_TRUE(host.submit(make_call("x")));
  EXPECT_FALSE(host.submit(make_call("x")));
  EXPECT_THAT(metrics.render(), ::testing::HasSubstr("parley_moderation_refused_total 1\n"));
  answers[0](transport::HttpAnswer{200, R"({"refused":false})"});
  EXPECT_TRUE(host.submit(make_call("x")));
}

}  // namespace
}  // namespace parley::backend
