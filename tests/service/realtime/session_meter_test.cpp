// SPDX-License-Identifier: Apache-2.0
//
// Tokens, money and limits of a session, as its client sees them.
#include "service/realtime/session_meter.h"

#include <algorithm>
#include <iterator>
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

class TestAllowance final : public service::Allowance {
 public:
  std::optional<Refusal> take_request() override {
    if (requests_left == 0) return Refusal{"Wait a while.", 7};
    --requests_left;
    return std::nullopt;
  }
  std::optional<Refusal> take_audio(Millis length) override {
    ++audio_asked;
    if (audio_left <= Millis(0)) return Refusal{"Enough heard.", 2};
    audio_left -= length;
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Standing> requests() const override {
    return Standing{.limit = 2, .remaining = requests_left, .reset_seconds = 7};
  }
  void pay(std::int64_t micros) noexcept override { paid += micros; }
  std::int64_t paid = 0;
  int requests_left = 2;
  int audio_asked = 0;
  Millis audio_left{1'000'000};
};

void open(RealtimeFixture& call, std::shared_ptr<service::Allowance> allowance) {
  auto opened = call.service.open({.model = "m", .allowance = std::move(allowance)}, call.link);
  ASSERT_TRUE(opened) << opened.error().message;
  call.session = std::move(*opened);
  call.runtime.run_until_idle();
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

TEST(SessionMeter, RequestsBeyondTheLimitAreToldWhenToTryAgain) {
  RealtimeFixture call({.llm = {.replies = {{.text = "Yes."}}}});
  auto allowance = std::make_shared<TestAllowance>();
  open(call, allowance);
  for (int i = 0; i < 3; ++i) {
    call.client(kTextReply);
    call.rest(Millis(200));
  }
  EXPECT_EQ(of_type(call, "response.created").size(), 2U);
  const auto limits = of_type(call, "rate_limits.updated");
  ASSERT_EQ(limits.size(), 2U);
  for (const auto& one : of_type(call, "response.done")) {
    const auto& frames = call.link->frames;
    EXPECT_THAT(*std::next(std::ranges::find(frames, one)), HasSubstr("rate_limits.updated"));
  }
  EXPECT_THAT(limits[0], HasSubstr(R"("name":"requests","limit":2,"remaining":1,)"));
  EXPECT_THAT(limits[1], HasSubstr(R"("remaining":0,"reset_seconds":7)"));
  const std::string last = call.link->frames.back();
  EXPECT_THAT(last, HasSubstr(R"("code":"rate_limit_exceeded")"));
  EXPECT_THAT(last, HasSubstr("Wait a while."));
  EXPECT_THAT(last, HasSubstr(R"("event_id":"mine")"));
}

TEST(SessionMeter, BetaIsToldOfLimitsWhereAResponseBegins) {
  RealtimeFixture call({.llm = {.replies = {{.text = "Yes."}}}});
  call.link->dialect = protocol::Dialect::beta;
  open(call, std::make_shared<TestAllowance>());
  call.client(R"({"type":"response.create","response":{"modalities":["text"]}})");
  call.rest(Millis(200));
  ASSERT_EQ(of_type(call, "response.created").size(), 1U);
  ASSERT_EQ(of_type(call, "rate_limits.updated").size(), 1U);
  const auto& frames = call.link->frames;
  const auto created = std::ranges::find(frames, of_type(call, "response.created")[0]);
  EXPECT_THAT(*std::next(created), HasSubstr("rate_limits.updated"));
}

TEST(SessionMeter, ATurnBeyondTheLimitGetsAFailedResponse) {
  RealtimeFixture call({.llm = {.replies = {{.text = "Yes."}}}});
  auto allowance = std::make_shared<TestAllowance>();
  allowance->requests_left = 0;
  open(call, allowance);
  call.speak(Millis(600));
  call.be_silent(Millis(900));
  call.rest(Millis(500));
  const auto done = of_type(call, "response.done");
  ASSERT_EQ(done.size(), 1U);
  EXPECT_THAT(done[0], HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(done[0], HasSubstr(R"("code":"rate_limit_exceeded","message":"Wait a while.")"));
  EXPECT_TRUE(of_type(call, "error").empty()) << "some clients stop at any error";
  EXPECT_EQ(call.llm.seen().submitted, 0U);
}

TEST(SessionMeter, AKeyPaysForItsSessions) {
  FixtureOptions options = priced();
  options.service.prices = {.currency = "EUR", .output_text = 0.5};
  RealtimeFixture call(std::move(options));
  auto allowance = std::make_shared<TestAllowance>();
  open(call, allowance);
  for (int i = 0; i < 2; ++i) {
    call.client(kTextReply);
    call.rest(Millis(200));
  }
  EXPECT_EQ(allowance->paid, 3) << "one and a half millionths each";
}

TEST(SessionMeter, AudioBeyondTheLimitIsDroppedAndToldOnce) {
  RealtimeFixture call;
  auto allowance = std::make_shared<TestAllowance>();
  allowance->audio_left = Millis(100);
  open(call, allowance);
  const std::string append = append_of(Millis(50));
  for (int i = 0; i < 10; ++i) call.client(append);
  ASSERT_EQ(of_type(call, "error").size(), 1U);
  EXPECT_THAT(of_type(call, "error")[0], HasSubstr(R"("code":"rate_limit_exceeded")"));
  EXPECT_EQ(allowance->audio_asked, 3);
  EXPECT_THAT(call.metrics.render(), HasSubstr("parley_limits_audio_dropped_total 8\n"));
  // Later it asks again.
  allowance->audio_left = Millis(1000);
  call.rest(std::chrono::seconds(2));
  call.client(append);
  EXPECT_EQ(of_type(call, "error").size(), 1U);
  EXPECT_EQ(allowance->audio_left, Millis(950));
}

}  // namespace
}  // namespace parley::test
