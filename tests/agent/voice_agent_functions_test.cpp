// SPDX-License-Identifier: Apache-2.0
//
// Functions that the server runs by itself: whatever happens around a call, it has one output.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/alarm_clock.h"
#include "agent/tool_runner.h"
#include "tests/support/agent_fixture.h"

namespace parley::agent {
namespace {

using namespace std::chrono_literals;
using test::AgentFixture;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

model::FakeReply call(std::string tool, std::string arguments = "{}",
                      std::vector<model::FakeToolCall> more = {}) {
  return {.text = {},
          .tool = std::move(tool),
          .arguments = std::move(arguments),
          .more_calls = std::move(more)};
}
model::FakeReply say(std::string text) { return {.text = std::move(text)}; }

std::vector<std::string> outputs(const AgentFixture& session) {
  std::vector<std::string> texts;
  for (const Item& item : session.agent->conversation().items()) {
    if (item.type == Item::Type::function_call_output) texts.push_back(item.output);
  }
  return texts;
}

std::string call_id(const AgentFixture& session, std::size_t index = 0) {
  for (const Item& item : session.agent->conversation().items()) {
    if (item.type == Item::Type::function_call && index-- == 0) return item.call_id;
  }
  return {};
}

std::ptrdiff_t count(const AgentFixture& session, const std::string& line) {
  return std::count(session.lines.begin(), session.lines.end(), line);
}

/// Asks for a text reply and lets it run.
void ask(AgentFixture& session, Nanos rest = 1s) {
  session.settings.audio = false;
  session.type("go");
  session.agent->create_response({});
  session.rest(rest);
}

void answer(AgentFixture& session, const std::string& id, std::string output) {
  Item item;
  item.id = session.agent->make_id("item_");
  item.type = Item::Type::function_call_output;
  item.call_id = id;
  item.output = std::move(output);
  session.agent->insert_item(std::move(item), {});
}

TEST(Tools, RunsTheCallAndLetsTheModelSayWhatCameOut) {
  AgentFixture session({.replies = {call("lookup", R"({"q":1})"), say("It is one.")}}, {}, nullptr,
                       {{.name = "lookup", .output = "1", .delay = 300ms}});
  ask(session);
  EXPECT_THAT(
      session.lines,
      ElementsAre("item_added user", "item_done user completed", "response_created",
                  "output_item_added function_call", "item_added function_call", "arguments_delta",
                  R"(arguments_done lookup {"q":1})", "item_done function_call completed",
                  "output_item_done completed", "response_done completed",
                  "item_added function_call_output", "item_done function_call_output completed",
                  "response_created", "output_item_added assistant", "item_added assistant",
                  "part_added text", "text_delta", "text_done It is one.", "part_done",
                  "item_done assistant completed", "output_item_done completed",
                  "response_done completed"));
  EXPECT_THAT(outputs(session), ElementsAre("1"));
  const std::vector<model::LlmMessage> read = session.llm.seen().last_prompt.messages;
  ASSERT_EQ(read.back().role, model::LlmMessage::Role::tool);
  EXPECT_EQ(read.back().text, "1");
  EXPECT_EQ(read.back().tool_call_id, call_id(session));
}

TEST(Tools, WaitsForAllCallsOfTheResponseWhicheverComesFirst) {
  AgentFixture session({.replies = {call("slow", "{}", {{.tool = "fast"}}), say("Both.")}}, {},
                       nullptr,
                       {{.name = "slow", .output = "late", .delay = 800ms},
                        {.name = "fast", .output = "early", .delay = 100ms}});
  ask(session, 500ms);
  EXPECT_THAT(outputs(session), ElementsAre("early"));
  EXPECT_EQ(count(session, "response_created"), 1) << "asked before the slow one was done";
  session.rest(1s);
  EXPECT_THAT(outputs(session), ElementsAre("early", "late"));
  EXPECT_EQ(count(session, "response_created"), 2);
  EXPECT_THAT(session.lines, Contains("text_done Both."));
}

TEST(Tools, SeveralCallsOfOneResponseHaveTheirOwnPlaces) {
  AgentFixture session({.replies = {call("a", "{}", {{.tool = "b"}, {.tool = "c"}})}});
  session.settings.tools = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
  ask(session);
  const std::vector<Item>& output = session.listener.last_response.output;
  ASSERT_EQ(output.size(), 3U);
  EXPECT_EQ(output[0].name + output[1].name + output[2].name, "abc");
  EXPECT_NE(output[0].call_id, output[1].call_id);
  EXPECT_EQ(count(session, "output_item_added function_call"), 3);
}

TEST(Tools, OneAtATimeWhenTheClientWantsNoMore) {
  AgentFixture session({.replies = {call("a", "{}", {{.tool = "b"}})}});
  session.settings.tools = {{.name = "a"}, {.name = "b"}};
  session.settings.parallel_tool_calls = false;
  ask(session);
  EXPECT_EQ(session.listener.last_response.output.size(), 1U);
}

TEST(Tools, ResultsMayComeInAnyOrder) {
  AgentFixture session({.replies = {call("a", "{}", {{.tool = "b"}}), say("Done.")}});
  session.settings.tools = {{.name = "a"}, {.name = "b"}};
  ask(session);
  answer(session, call_id(session, 1), "of b");
  answer(session, call_id(session, 0), "of a");
  session.agent->create_response({});
  session.rest(1s);
  const std::vector<model::LlmMessage> read = session.llm.seen().last_prompt.messages;
  ASSERT_GE(read.size(), 3U);
  EXPECT_EQ(read[read.size() - 2].text, "of a");
  EXPECT_EQ(read[read.size() - 1].text, "of b");
}

TEST(Tools, AClientsOwnCallIsLeftToTheClient) {
  AgentFixture session({.replies = {call("theirs"), say("no")}}, {}, nullptr, {{.name = "ours"}});
  session.settings.tools = {{.name = "theirs"}};
  ask(session);
  EXPECT_EQ(count(session, "response_created"), 1);
  EXPECT_THAT(outputs(session), ElementsAre());
  answer(session, call_id(session), "x");
  session.rest(1s);
  EXPECT_EQ(count(session, "response_created"), 1) << "the client asks when it wants";
}

TEST(Tools, AMixedRoundWaitsForTheClientsOutputToo) {
  AgentFixture session({.replies = {call("theirs", "{}", {{.tool = "ours"}}), say("All there.")}},
                       {}, nullptr, {{.name = "ours", .output = "o", .delay = 400ms}});
  session.settings.tools = {{.name = "theirs"}};
  ask(session, 100ms);
  answer(session, call_id(session, 0), "t");
  session.rest(100ms);
  EXPECT_EQ(count(session, "response_created"), 1);
  session.rest(1s);
  EXPECT_EQ(count(session, "response_created"), 2) << "the server's output was the last";
  EXPECT_THAT(outputs(session), ElementsAre("t", "o"));
}

TEST(Tools, TheClientAsksWhenItsOutputIsTheLast) {
  AgentFixture session({.replies = {call("theirs", "{}", {{.tool = "ours"}}), say("no")}}, {},
                       nullptr, {{.name = "ours", .output = "o"}});
  session.settings.tools = {{.name = "theirs"}};
  ask(session);
  EXPECT_THAT(outputs(session), ElementsAre("o"));
  answer(session, call_id(session, 0), "t");
  session.rest(1s);
  EXPECT_EQ(count(session, "response_created"), 1);
}

TEST(Tools, AClientsFunctionHidesTheServersOfTheSameName) {
  AgentFixture session({.replies = {call("lookup")}}, {}, nullptr, {{.name = "lookup"}});
  session.settings.tools = {{.name = "lookup", .description = "the client's"}};
  ask(session);
  EXPECT_EQ(session.tools.seen().submitted, 0U);
  const std::vector<model::LlmTool> offered = session.llm.seen().last_prompt.tools;
  ASSERT_EQ(offered.size(), 1U);
  EXPECT_EQ(offered.front().description, "the client's");
}

TEST(Tools, AFailureIsAnOutputToo) {
  AgentFixture session(
      {.replies = {call("broken"), say("Sorry.")}}, {}, nullptr,
      {{.name = "broken", .status = Error{ErrorCode::unavailable, "the \"shop\" is closed"}}});
  ask(session);
  EXPECT_THAT(
      outputs(session),
      ElementsAre(R"({"error":{"code":"unavailable","message":"the \"shop\" is closed"}})"));
  EXPECT_THAT(session.lines, Contains("text_done Sorry."));
}

TEST(Tools, SpeechDuringTheCallLosesNeitherCallNorAnswer) {
  AgentFixture session({.replies = {call("slow"), say("You spoke."), say("And here it is.")}},
                       {"wait"}, nullptr, {{.name = "slow", .output = "done", .delay = 5s}});
  session.type("go");
  session.agent->create_response({});
  session.rest(300ms);
  session.speak(600ms);
  session.be_silent(700ms);
  session.rest(20s);
  EXPECT_THAT(outputs(session), ElementsAre("done"));
  EXPECT_EQ(session.tools.seen().cancelled, 0U);
  EXPECT_THAT(session.lines, Contains("transcript_done You spoke."));
  EXPECT_THAT(session.lines, Contains("transcript_done And here it is."));
}

TEST(Tools, CancellingTheResponseCancelsItsCallsWithOneOutputEach) {
  // The second function call is still being written when the client cancels.
  AgentFixture session(
      {.replies = {call("slow", "{}", {{.tool = "slow", .arguments = "1 2 3 4 5 6 7 8 9 10 11"}}),
                   say("no")},
       .token_delay = 100ms},
      {}, nullptr, {{.name = "slow", .output = "done", .delay = 5s}});
  ask(session, 800ms);
  ASSERT_NE(session.agent->active_response(), nullptr);
  ASSERT_EQ(session.tools.seen().submitted, 1U);
  session.agent->cancel_response(session.agent->active_response()->id);
  session.rest(10s);
  EXPECT_EQ(outputs(session).size(), 1U) << "the call that was cut was never made";
  EXPECT_THAT(outputs(session), ElementsAre(HasSubstr(R"("code":"cancelled")")));
  EXPECT_EQ(session.tools.seen().cancelled, 1U);
  EXPECT_EQ(count(session, "response_created"), 1) << "nothing more is wanted";
}

TEST(Tools, DeletingTheCallCancelsIt) {
  AgentFixture session({.replies = {call("slow"), say("Well then.")}}, {}, nullptr,
                       {{.name = "slow", .output = "done", .delay = 5s}});
  ask(session);
  session.agent->delete_item(session.listener.last_response.output.front().id);
  session.rest(10s);
  EXPECT_THAT(outputs(session), ElementsAre(HasSubstr("cancelled")));
  EXPECT_EQ(session.tools.seen().cancelled, 1U);
}

TEST(Tools, AClientThatAnswersFirstWins) {
  AgentFixture session({.replies = {call("slow"), say("no")}}, {}, nullptr,
                       {{.name = "slow", .output = "the server's", .delay = 5s}});
  ask(session);
  answer(session, call_id(session), "the client's");
  session.rest(10s);
  EXPECT_THAT(outputs(session), ElementsAre("the client's"));
  EXPECT_EQ(count(session, "response_created"), 1);
}

TEST(Tools, TheEndOfTheSessionEndsTheCall) {
  AgentFixture session({.replies = {call("slow"), say("no")}}, {}, nullptr,
                       {{.name = "slow", .output = "done", .delay = 5s}});
  ask(session);
  session.agent->end();
  EXPECT_THAT(outputs(session), ElementsAre(HasSubstr("session ended")));
  session.rest(10s);
  EXPECT_EQ(outputs(session).size(), 1U);
  session.agent.reset();
  EXPECT_EQ(session.tools.seen().forgotten, 1U);
}

TEST(Tools, TooManyCallsAtOnceAreAnsweredAllTheSame) {
  std::vector<model::FakeToolCall> more(kToolCallsMax, {.tool = "slow"});
  AgentFixture session({.replies = {call("slow", "{}", more), say("Phew.")}}, {}, nullptr,
                       {{.name = "slow", .output = "done", .delay = 1s}});
  ask(session, 5s);
  std::map<std::string, int> seen;
  for (const std::string& output : outputs(session)) ++seen[output.substr(0, 8)];
  EXPECT_EQ(seen["done"], static_cast<int>(kToolCallsMax));
  EXPECT_EQ(seen[R"({"error")"], 1);
  EXPECT_THAT(session.lines, Contains("text_done Phew."));
}

TEST(Tools, AForcedFunctionIsForcedOnce) {
  AgentFixture session({.replies = {say("x"), say("Here.")}}, {}, nullptr, {{.name = "only"}});
  session.settings.tool_choice = {.kind = model::LlmToolChoice::Kind::required, .function = {}};
  ask(session, 10s);
  EXPECT_EQ(session.tools.seen().submitted, 1U);
  EXPECT_EQ(session.lines.back(), "response_done completed");
  EXPECT_THAT(session.lines, Contains("text_done Here."));
}

TEST(Tools, AModelThatCallsForEverIsStopped) {
  AgentFixture session({.replies = {call("again")}}, {}, nullptr, {{.name = "again"}});
  ask(session, 60s);
  EXPECT_EQ(session.tools.seen().submitted, static_cast<std::size_t>(kToolRoundsMax));
  EXPECT_TRUE(session.agent->idle());
}

TEST(Tools, WhatTheModelSaysToAnOutputNeedsAPermit) {
  for (const bool is_told : {false, true}) {
    AgentFixture session({.replies = {call("lookup"), say("It is one.")}}, {}, nullptr,
                         {{.name = "lookup", .output = "1"}});
    session.listener.permit.granted = false;
    if (is_told) session.listener.permit.failure = Error{ErrorCode::resource_exhausted, "Wait."};
    ask(session);
    EXPECT_THAT(outputs(session), ElementsAre("1"));
    EXPECT_EQ(count(session, "response_created"), is_told ? 2 : 1);
    EXPECT_EQ(count(session, "response_done failed rate_limited"), is_told ? 1 : 0);
    EXPECT_EQ(session.listener.text, "");
    EXPECT_TRUE(session.agent->idle());
  }
}

TEST(Tools, ATimerRingsByItself) {
  AgentFixture session(
      {.replies = {call("timer"), say("It is set."), say("Your tea is ready.")}}, {}, nullptr,
      {{.name = "timer", .output = "set", .alarms = {{.after = 60s, .text = "Say: tea."}}}});
  ask(session, 59s);
  EXPECT_EQ(count(session, "response_created"), 2);
  session.rest(2s);
  EXPECT_THAT(session.lines, Contains("text_done Your tea is ready."));
  EXPECT_EQ(session.llm.seen().last_prompt.messages.back().text, "Say: tea.");
}

TEST(Tools, TimersRingInTheirOrderAndHaveALimit) {
  exec::ManualRuntime runtime;
  const exec::Waker nobody;
  AlarmClock alarms(runtime.timers, nobody);
  const Instant start = runtime.clock.now();
  EXPECT_TRUE(alarms.set(start + 2s, "second"));
  EXPECT_TRUE(alarms.set(start + 1s, "first"));
  EXPECT_EQ(alarms.take_due(start), std::nullopt);
  EXPECT_EQ(alarms.take_due(start + 3s), "first");
  EXPECT_EQ(alarms.take_due(start + 3s), "second");
  for (std::size_t i = 0; i < kAlarmsMax; ++i) EXPECT_TRUE(alarms.set(start, "x"));
  EXPECT_FALSE(alarms.set(start, "one too many"));
}

TEST(Tools, ATimerCanBeStopped) {
  AgentFixture session(
      {.replies = {call("timer"), say("Set."), call("stop"), say("Gone.")}}, {}, nullptr,
      {{.name = "timer", .output = "set", .alarms = {{.after = 60s, .text = "Say: tea."}}},
       {.name = "stop", .output = "stopped", .stops_alarms = true}});
  ask(session, 5s);
  ask(session, 100s);
  EXPECT_EQ(count(session, "response_created"), 4);
}

}  // namespace
}  // namespace parley::agent
