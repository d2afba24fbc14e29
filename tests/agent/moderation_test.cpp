// SPDX-License-Identifier: Apache-2.0
//
// Nothing of a reply is heard before its checks have passed.
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/moderation_gate.h"
#include "agent/output_gate.h"
#include "tests/support/agent_fixture.h"

namespace parley::test {
namespace {

using agent::Response;
using model::ModerationCall;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

/// Judges when the test says so.
class Judge final : public model::ModerationHost {
 public:
  bool submit(std::shared_ptr<ModerationCall> call) override {
    texts.push_back(call->text);
    if (refuses_calls) return false;
    waiting.push_back(std::move(call));
    if (agrees) pass();
    return true;
  }
  void answer(bool refused, Status status = {}) {
    const std::shared_ptr<ModerationCall> call = waiting.front();
    waiting.pop_front();
    call->refused = refused;
    call->status = std::move(status);
    call->finish();
  }
  void pass() { answer(false); }
  void refuse() { answer(true); }

  bool agrees = false;         // at once
  bool refuses_calls = false;  // its queue is full
  std::vector<std::string> texts;
  std::deque<std::shared_ptr<ModerationCall>> waiting;
};

class Moderation : public ::testing::Test {
 protected:
  explicit Moderation(bool input = true, bool output = false) {
    call.settings.moderation.input = input;
    call.settings.moderation.output = output;
    call.settings.audio = false;
  }
  Judge judge;
  AgentFixture call{
      {.replies = {{.text = "First, this. Then that."}}}, {}, nullptr, {}, {1.0F}, nullptr, &judge};
};

class OutputModeration : public Moderation {
 protected:
  OutputModeration() : Moderation(false, true) {}
};

TEST_F(Moderation, NothingIsHeardBeforeTheUsersWordsHavePassed) {
  call.type("Hello");
  call.agent->create_response({});
  call.rest(Millis(700));
  EXPECT_THAT(judge.texts, ElementsAre("Hello"));
  EXPECT_THAT(call.lines, Contains("response_created"));
  EXPECT_THAT(call.lines, Not(Contains("output_item_added assistant")));
  EXPECT_EQ(call.listener.text, "");
  judge.pass();
  call.rest(Millis(10));
  EXPECT_EQ(call.listener.text, "First, this. Then that.");
  EXPECT_THAT(call.lines, Contains("response_done completed"));
  EXPECT_EQ(call.listener.last_timeline.moderation_ms, 700);
}

TEST_F(Moderation, ARefusedTextEndsTheReplyAndIsReadByNoModel) {
  call.type("Something bad");
  call.agent->create_response({});
  call.rest(Millis(10));
  judge.refuse();
  call.rest(Millis(10));
  EXPECT_THAT(call.lines, Contains("response_done incomplete content_filter"));
  EXPECT_THAT(call.lines, Not(Contains("output_item_added assistant")));
  EXPECT_EQ(call.listener.text, "");
  EXPECT_TRUE(call.agent->idle());

  call.type("Something good");
  call.agent->create_response({});
  call.rest(Millis(10));
  EXPECT_THAT(judge.texts, ElementsAre("Something bad", "Something good"));
  judge.pass();
  call.rest(Millis(10));
  EXPECT_EQ(call.listener.text, "First, this. Then that.");
  for (const model::LlmMessage& message : call.llm.seen().last_prompt.messages) {
    EXPECT_NE(message.text, "Something bad");
  }
  // What passed is not asked about again.
  call.agent->create_response({});
  call.rest(Millis(10));
  EXPECT_EQ(judge.texts.size(), 2U);
}

TEST_F(Moderation, AVoiceTurnWaitsForItsTranscriptsVerdict) {
  call.settings.audio = true;
  call.speak(Millis(600));
  call.be_silent(Millis(900));
  call.rest(Millis(500));
  EXPECT_THAT(judge.texts, ElementsAre("heard 0.8 seconds"));
  EXPECT_EQ(call.listener.audio_bytes, 0U);
  judge.pass();
  call.rest(Millis(5000));
  EXPECT_GT(call.listener.audio_bytes, 0U);
  EXPECT_THAT(call.lines, Contains("response_done completed"));
}

TEST_F(Moderation, WithoutAVerdictThePolicyDecides) {
  for (const bool passes : {false, true}) {
    call.lines.clear();
    call.settings.moderation.passes_unchecked = passes;
    call.type("Hello");
    call.agent->create_response({});
    call.rest(Millis(1999));
    EXPECT_THAT(call.lines, Not(Contains("response_done completed")));
    call.rest(Millis(2));
    EXPECT_THAT(call.lines, Contains(passes ? "response_done completed"
                                            : "response_done incomplete content_filter"));
    judge.waiting.clear();
  }
  const std::string metrics = call.metrics.render();
  EXPECT_THAT(metrics,
              ::testing::HasSubstr(
                  "parley_moderation_checks_total{source=\"input\",verdict=\"timeout\"} 2\n"));
}

TEST_F(Moderation, AFailureIsLikeNoVerdict) {
  call.type("Hello");
  call.agent->create_response({});
  call.rest(Millis(10));
  judge.answer(false, Error{ErrorCode::unavailable, "down"});
  call.rest(Millis(10));
  EXPECT_THAT(call.lines, Contains("response_done incomplete content_filter"));
  judge.refuses_calls = true;
  call.lines.clear();
  call.settings.moderation.passes_unchecked = true;
  call.type("Hello again");
  call.agent->create_response({});
  call.rest(Millis(10));
  EXPECT_THAT(call.lines, Contains("response_done completed"));
}

TEST_F(Moderation, AnInterruptedReplyForgetsItsChecks) {
  call.type("Hello");
  call.agent->create_response({});
  call.rest(Millis(10));
  call.agent->cancel_response(call.agent->active_response()->id);
  EXPECT_TRUE(judge.waiting.front()->cancelled());
  EXPECT_THAT(call.lines, Contains("response_done cancelled client_cancelled"));
  judge.pass();
  call.rest(Millis(10));
  EXPECT_TRUE(call.agent->idle());
}

TEST_F(OutputModeration, TextIsToldClauseByClause) {
  call.type("Hello");
  call.agent->create_response({});
  call.rest(Millis(100));
  EXPECT_THAT(judge.texts, ElementsAre("First,", " this.", " Then that."));
  EXPECT_EQ(call.listener.text, "");
  judge.pass();
  call.rest(Millis(10));
  EXPECT_EQ(call.listener.text, "First,");
  judge.pass();
  call.rest(Millis(10));
  EXPECT_EQ(call.listener.text, "First, this.");
  judge.refuse();
  call.rest(Millis(10));
  EXPECT_EQ(call.listener.text, "First, this.");
  EXPECT_THAT(call.lines, Contains("text_done First, this."));
  EXPECT_THAT(call.lines, Contains("response_done incomplete content_filter"));
  EXPECT_EQ(call.agent->conversation().items().back().content.front().text, "First, this.");
}

TEST_F(OutputModeration, SoundWaitsForItsClause) {
  call.settings.audio = true;
  call.settings.playout_lead = Millis(0);
  call.settings.moderation.timeout = Millis(60'000);
  call.type("Hello");
  call.agent->create_response({});
  call.rest(Millis(5000));
  EXPECT_EQ(call.listener.audio_bytes, 0U);
  ASSERT_EQ(judge.waiting.size(), 3U);
  std::vector<std::size_t> bytes;
  while (!judge.waiting.empty()) {
    judge.pass();
    call.rest(Millis(5000));
    bytes.push_back(call.listener.audio_bytes);
    // Where its words lie in the sound is known for what may be heard, and for no more.
    const agent::Item& reply = call.agent->conversation().items().back();
    EXPECT_EQ(reply.content.front().clauses.size(), bytes.size());
  }
  EXPECT_GT(bytes[0], 0U);
  EXPECT_GT(bytes[1], bytes[0]);
  EXPECT_GT(bytes[2], bytes[1]);
  EXPECT_THAT(call.lines, Contains("response_done completed"));
  EXPECT_EQ(call.listener.text, "First, this. Then that.");
  EXPECT_GE(call.listener.last_timeline.moderation_ms.value_or(0), 15'000);
}

// With verdicts at once, the client gets what it gets without a gate.
TEST(OutputModerationAtOnce, ChangesNothingOfAReply) {
  const auto talk = [](bool checked) {
    Judge judge;
    judge.agrees = true;
    AgentFixture call({.replies = {{.text = "First, this. Then \n that: good?  Yes. "}}}, {},
                      nullptr, {}, {1.0F}, nullptr, checked ? &judge : nullptr);
    call.settings.moderation = {.input = checked, .output = checked};
    call.speak(Millis(600));
    call.be_silent(Millis(900));
    call.rest(Millis(20'000));
    return std::make_tuple(call.lines, call.listener.text, call.listener.audio_bytes);
  };
  EXPECT_EQ(talk(true), talk(false));
}

TEST(OutputModerationAtOnce, CallsComeAfterTheWordsBeforeThem) {
  Judge judge;
  AgentFixture call({.replies = {{.text = "", .tool = "f"}}}, {}, nullptr, {}, {1.0F}, nullptr,
                    &judge);
  call.settings.audio = false;
  call.settings.moderation.output = true;
  call.settings.tools = {{.name = "f"}};
  call.type("Hello");
  call.agent->create_response({});
  call.rest(Millis(100));
  EXPECT_THAT(call.lines, Contains("response_done completed"));
  EXPECT_THAT(call.lines, Contains("arguments_done f {}"));
}

}  // namespace
}  // namespace parley::test
