// SPDX-License-Identifier: Apache-2.0
//
// Tokens and money of a session, as its client sees them.
#include "service/realtime/session_meter.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/realtime/price.h"
#include "tests/service/realtime/realtime_fixture.h"

namespace parley::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kTextReply =
    R"({"type":"response.create","event_id":"mine","response":{"output_modalities":["text"]}})";

std::vector<std::string> of_type(const RealtimeFixture& call, const std::string& type) {
  std::vector<std::string> found;
  for (const std::string& frame : call.link->frames) {
    if (frame.starts_with("{\"type\":\"" + type + "\"")) found.push_back(frame);
  }
  return found;
}

/// Four words of instructions, of which one was in a cache; three words of answer.
FixtureOptions priced(double budget = 0.0) {
  FixtureOptions options;
  options.llm.replies = {{.text = "One two three."}};
  options.llm.cached_tokens = 1;
  options.service.defaults.instructions = "Be kind and brief";
  options.service.prices = {.currency = "EUR",
                            .input_text = 1'000'000,
                            .input_audio = 100'000,
                            .input_cached = 10'000,
                            .output_text = 2'000'000,
                            .output_audio = 500'000};
  options.service.budget = budget;
  return options;
}

std::string append_of(Millis length) {
  return RealtimeFixture::append_frame(
      std::vector<std::byte>(static_cast<std::size_t>(length.count()) * 48U));
}

TEST(SessionMeter, TellsWhatAResponseAndTheSessionCost) {
  RealtimeFixture call(priced());
  call.open();
  call.client(kTextReply);
  call.rest(Millis(100));
  call.client(kTextReply);
  call.rest(Millis(100));
  const auto done = of_type(call, "response.done");
  ASSERT_EQ(done.size(), 2U);
  // 3 read, 1 cached, 3 written: 3 + 0.01 + 6.
  EXPECT_THAT(done[0], HasSubstr(R"("cached_tokens":1)"));
  EXPECT_THAT(done[0], HasSubstr(R"("parley":{"cost":9.01,"session_cost":9.01,"currency":"EUR"})"));
  // The answer is read, too, now: 6 + 0.01 + 6.
  EXPECT_THAT(done[1],
              HasSubstr(R"("parley":{"cost":12.01,"session_cost":21.02,"currency":"EUR"})"));
  const std::string metrics = call.metrics.render();
  EXPECT_THAT(metrics, HasSubstr("parley_tokens_total{kind=\"input_text\"} 9\n"));
  EXPECT_THAT(metrics, HasSubstr("parley_tokens_total{kind=\"input_cached\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("parley_tokens_total{kind=\"output_text\"} 6\n"));
  EXPECT_THAT(metrics, HasSubstr("{currency=\"EUR\",kind=\"output_text\"} 12000000\n"));
}

TEST(SessionMeter, WithoutPricesNothingIsSaidOfMoney) {
  RealtimeFixture call({.llm = {.replies = {{.text = "Yes."}}}});
  call.open();
  call.client(kTextReply);
  call.rest(Millis(100));
  ASSERT_EQ(of_type(call, "response.done").size(), 1U);
  EXPECT_THAT(of_type(call, "response.done")[0], Not(HasSubstr("cost")));
}

TEST(SessionMeter, RecordingsInAResponsesOwnInputAreInputAudio) {
  RealtimeFixture call(priced());
  call.open();
  const std::string append = append_of(Millis(950));
  const std::size_t begin = append.find("audio\":\"") + 8;
  const std::string audio = append.substr(begin, append.size() - begin - 2);
  const std::string content =
      R"([{"type":"input_audio","audio":")" + audio + R"(","transcript":"hello"}])";
  for (const char* conversation : {"auto", "none"}) {
    call.client(R"({"type":"response.create","response":{"output_modalities":["text"],)"
                R"("conversation":")" +
                std::string(conversation) +
                R"(","input":[{"type":"message","role":"user","content":)" + content + "}]}}");
    call.rest(Millis(500));
  }
  const auto done = of_type(call, "response.done");
  ASSERT_EQ(done.size(), 2U);
  for (const std::string& one : done) EXPECT_THAT(one, HasSubstr(R"("audio_tokens":10,)"));
}

TEST(SessionMeter, AnInterruptedResponseCostsWhatCameOfIt) {
  FixtureOptions options = priced();
  options.llm.token_delay = Millis(100);
  RealtimeFixture call(std::move(options));
  call.open();
  call.client(kTextReply);
  call.rest(Millis(150));
  call.client(R"({"type":"response.cancel"})");
  const auto done = of_type(call, "response.done");
  ASSERT_EQ(done.size(), 1U);
  EXPECT_THAT(done[0], HasSubstr(R"("status":"cancelled")"));
  EXPECT_THAT(done[0], HasSubstr(R"("output_token_details":{"text_tokens":2,)"));
  EXPECT_THAT(done[0], HasSubstr(R"("input_tokens":5,)")) << "about a quarter of its bytes";
}

TEST(SessionMeter, ASpentBudgetEndsTheSessionAfterItsReply) {
  FixtureOptions options = priced(5.0);
  options.llm.token_delay = Millis(50);
  RealtimeFixture call(std::move(options));
  call.open();
  call.client(kTextReply);
  call.rest(Millis(60));
  EXPECT_EQ(call.link->close_code, std::nullopt);
  call.rest(Millis(1000));
  ASSERT_EQ(of_type(call, "response.done").size(), 1U);
  EXPECT_THAT(of_type(call, "response.done")[0], HasSubstr(R"("status":"completed")"));
  const std::string last = call.link->frames.back();
  EXPECT_THAT(last, HasSubstr(R"("code":"insufficient_quota")"));
  EXPECT_THAT(last, HasSubstr("9.0100 EUR of 5.0000 EUR"));
  EXPECT_EQ(call.link->close_code, 4000);
  EXPECT_EQ(call.link->close_reason, "invalid_request_error.insufficient_quota");
}

// Two replies beside the conversation: the first spends the budget while the second speaks.
TEST(SessionMeter, NoResponseBeginsOnceTheBudgetIsSpent) {
  FixtureOptions options = priced(5.0);
  options.llm.replies = {{.text = "Yes."}, {.text = "One two three four five six seven."}};
  options.llm.first_token_delay = Millis(100);
  options.llm.token_delay = Millis(100);
  RealtimeFixture call(std::move(options));
  call.open();
  const std::string beside =
      R"({"type":"response.create","response":{"conversation":"none","output_modalities":["text"]}})";
  call.client(beside);
  call.client(beside);
  call.rest(Millis(350));
  ASSERT_EQ(of_type(call, "response.done").size(), 1U);
  EXPECT_EQ(call.link->close_code, std::nullopt) << "one still speaks";
  call.client(kTextReply);
  EXPECT_THAT(call.link->frames.back(), HasSubstr(R"("code":"insufficient_quota")"));
  EXPECT_THAT(call.link->frames.back(), HasSubstr(R"("event_id":"mine")"));
  call.rest(Millis(2000));
  EXPECT_EQ(of_type(call, "response.created").size(), 2U);
  EXPECT_EQ(of_type(call, "response.done").size(), 2U);
  EXPECT_THAT(of_type(call, "response.done")[1], HasSubstr("five six seven."));
  EXPECT_EQ(call.link->close_code, 4000);
}

}  // namespace
}  // namespace parley::test
