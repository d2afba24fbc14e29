// SPDX-License-Identifier: Apache-2.0
#include "agent/voice_agent.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/agent_fixture.h"

namespace parley::agent {
namespace {

using namespace std::chrono_literals;
using test::AgentFixture;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

using Lines = std::vector<std::string>;

std::ptrdiff_t count(const Lines& lines, const std::string& line) {
  return std::count(lines.begin(), lines.end(), line);
}

TEST(VoiceAgent, AnswersASpokenTurnInTheOrderOfTheProtocol) {
  AgentFixture call({.replies = {{.text = "Hello there, nice to hear you."}}}, {"good morning"});
  call.settings.transcription = true;
  call.be_silent(300ms);
  call.speak(1000ms);
  call.be_silent(700ms);
  call.rest(10s);
  EXPECT_THAT(
      call.lines,
      ElementsAre(::testing::StartsWith("speech_started "),
                  ::testing::StartsWith("speech_stopped "), "committed", "item_added user",
                  "item_done user completed", "response_created", "transcription good morning",
                  "output_item_added assistant", "item_added assistant", "part_added audio",
                  "transcript_delta", "audio_delta", "audio_done",
                  "transcript_done Hello there, nice to hear you.", "part_done",
                  "item_done assistant completed", "output_item_done completed",
                  "response_done completed"));
}

TEST(VoiceAgent, SendsAllTheAudioOfTheReply) {
  const std::string reply = "One two three.";
  AgentFixture call({.replies = {{.text = reply}}});
  call.type("go");
  call.agent->create_response({});
  call.rest(10s);
  const auto ms = static_cast<std::size_t>(model::FakeTtsModel::kMsPerCharacter) * reply.size();
  const std::size_t bytes = ms * 48;  // 24 kHz, two bytes a sample
  EXPECT_NEAR(static_cast<double>(call.listener.audio_bytes), static_cast<double>(bytes),
              static_cast<double>(bytes) * 0.01);
  const Item& said = call.agent->conversation().items().back();
  EXPECT_EQ(said.content.at(0).audio.samples.size() * 2, call.listener.audio_bytes);
}

TEST(VoiceAgent, TextRepliesAreNotSpoken) {
  AgentFixture call({.replies = {{.text = "Just text."}}});
  call.settings.audio = false;
  call.type("write");
  call.agent->create_response({});
  call.rest(1s);
  EXPECT_THAT(call.lines, Contains("text_done Just text."));
  EXPECT_THAT(call.lines, Not(Contains("audio_delta")));
  EXPECT_EQ(call.lines.back(), "response_done completed");
}

TEST(VoiceAgent, SpeechStopsAReplyAndTheNextTurnIsAnswered) {
  AgentFixture call({.replies = {{.text = "A very long answer that goes on and on and on, and on "
                                          "and on without an end in sight for anybody."},
                                 {.text = "Yes?"}}});
  call.type("talk");
  call.agent->create_response({});
  call.rest(500ms);
  EXPECT_THAT(call.lines, Contains("audio_delta"));
  call.speak(500ms);
  EXPECT_EQ(call.lines.back(), "response_done cancelled turn_detected");
  const std::size_t heard = call.listener.audio_bytes;
  call.be_silent(400ms);
  EXPECT_EQ(call.listener.audio_bytes, heard) << "audio after the interruption";
  call.be_silent(300ms);
  call.rest(10s);
  EXPECT_EQ(call.lines.back(), "response_done completed");
  EXPECT_THAT(call.lines, Contains("transcript_done Yes?"));
}

TEST(VoiceAgent, LeavesAReplyAloneWhenInterruptionIsOff) {
  AgentFixture call({.replies = {{.text = "A long answer that nobody can stop, whatever they say "
                                          "while it is being said, not even by shouting."},
                                 {.text = "Second."}}});
  call.settings.turn.interrupt_response = false;
  call.type("talk");
  call.agent->create_response({});
  call.rest(500ms);
  call.speak(500ms);
  call.be_silent(700ms);
  call.rest(20s);
  EXPECT_EQ(count(call.lines, "response_done completed"), 2) << "the turn's own reply was queued";
  EXPECT_THAT(call.lines, Contains("transcript_done Second."));
}

TEST(VoiceAgent, WaitsForTheClientWhenRepliesAreNotAutomatic) {
  AgentFixture call;
  call.settings.turn.create_response = false;
  call.speak(500ms);
  call.be_silent(3s);
  EXPECT_THAT(call.lines, Not(Contains("response_created")));
  call.agent->create_response({});
  call.rest(10s);
  EXPECT_EQ(call.lines.back(), "response_done completed");
}

TEST(VoiceAgent, PushToTalkNeedsNoDetector) {
  AgentFixture call({}, {"pushed and talked"});
  call.settings.turn.detect = false;
  call.speak(1000ms);
  EXPECT_EQ(call.agent->buffered().ms(), 1000);
  call.agent->commit();
  call.agent->create_response({});
  call.rest(20s);
  EXPECT_EQ(call.agent->buffered().ms(), 0);
  EXPECT_THAT(call.lines, Not(Contains(::testing::StartsWith("speech_"))));
  EXPECT_THAT(call.lines, Contains("transcript_done pushed and talked"));
}

TEST(VoiceAgent, CancelClosesWhatWasOpened) {
  AgentFixture call(
      {.replies = {{.text = "An answer that takes a while to say, so there is time to "
                            "change one's mind about it."}}});
  call.type("talk");
  call.agent->create_response({});
  call.rest(300ms);
  call.lines.clear();
  call.agent->cancel_response(call.agent->active_response()->id);
  EXPECT_THAT(call.lines,
              ElementsAre("audio_done", ::testing::StartsWith("transcript_done"), "part_done",
                          "item_done assistant incomplete", "output_item_done incomplete",
                          "response_done cancelled client_cancelled"));
  EXPECT_EQ(call.agent->active_response(), nullptr);
  call.rest(5s);
  EXPECT_EQ(call.lines.size(), 6U) << "nothing follows";
}

TEST(VoiceAgent, CallsAFunctionWhenItMust) {
  AgentFixture call({.tool_arguments = R"({"city":"Paris"})"});
  call.settings.tools = {{.name = "weather", .description = "", .parameters = "{}"}};
  call.settings.tool_choice = {.kind = model::LlmToolChoice::Kind::required, .function = ""};
  call.type("weather in Paris");
  call.lines.clear();
  call.agent->create_response({});
  call.rest(5s);
  EXPECT_THAT(call.lines, ElementsAre("response_created", "output_item_added function_call",
                                      "item_added function_call", "arguments_delta",
                                      R"(arguments_done weather {"city":"Paris"})",
                                      "item_done function_call completed",
                                      "output_item_done completed", "response_done completed"));
}

TEST(VoiceAgent, SaysTheSameThingTwiceTheSameWay) {
  const auto run = [] {
    AgentFixture call({.replies = {{.text = "Well, this is a reply. It has two sentences."}}});
    call.be_silent(200ms);
    call.speak(800ms);
    call.be_silent(800ms);
    call.rest(10s);
    return std::pair(call.lines,
                     call.agent->conversation().items().back().content.at(0).audio.samples);
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace parley::agent
