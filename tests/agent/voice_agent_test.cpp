// SPDX-License-Identifier: Apache-2.0
#include "agent/voice_agent.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <list>
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

TEST(VoiceAgent, RepliesBesideTheConversationLeaveItAlone) {
  AgentFixture call({.replies = {{.text = "aside"}}});
  ResponseOptions options;
  options.out_of_band = true;
  options.audio = false;
  options.input.emplace();
  call.agent->create_response(std::move(options));
  call.rest(1s);
  EXPECT_THAT(call.lines,
              ElementsAre("response_created", "output_item_added assistant", "part_added text",
                          "text_delta", "text_done aside", "part_done",
                          "output_item_done completed", "response_done completed"));
  EXPECT_TRUE(call.agent->conversation().items().empty());
  EXPECT_TRUE(call.agent->idle());
}

TEST(VoiceAgent, TellsTheModelOnlyWhatWasHeardOfATruncatedReply) {
  AgentFixture call({.replies = {{.text = "First part, second part, third part of the answer."}}});
  call.type("talk");
  call.agent->create_response({});
  call.rest(20s);
  const std::string id = call.agent->conversation().last_id();
  call.agent->truncate_item(id, 0, media::MediaTime::from_ms(700));  // "First part," lasts 660 ms
  call.type("and then?");
  call.agent->create_response({});
  call.rest(1s);
  const auto prompt = call.llm.seen().last_prompt;
  ASSERT_EQ(prompt.messages.size(), 3U);
  EXPECT_EQ(prompt.messages[1].text, "First part,");
}

TEST(VoiceAgent, PacesAudioAtMostItsLeadAhead) {
  std::string text = "Start. ";
  for (int i = 0; i < 20; ++i) text += "Another sentence of some length. ";
  AgentFixture call({.replies = {{.text = text}}});
  call.settings.playout_lead = 500ms;
  call.type("talk");
  call.agent->create_response({});
  call.rest(2s);
  EXPECT_LE(call.listener.audio_bytes, 2600U * 48U);
  EXPECT_GE(call.listener.audio_bytes, 2300U * 48U);
}

TEST(VoiceAgent, RepliesInARowAreNoFurtherAheadThanOne) {
  for (const bool interrupted : {false, true}) {
    AgentFixture call({.replies = {{.text = "This one takes about two seconds."}}});
    call.settings.playout_lead = 1000ms;
    call.type("talk");
    call.agent->create_response({});
    call.rest(1000ms);
    ASSERT_EQ(call.agent->active_response(), nullptr) << "all of it is sent, half of it is played";
    const std::size_t first = call.listener.audio_bytes;
    if (interrupted) {
      call.agent->truncate_item(call.agent->conversation().last_id(), 0,
                                media::MediaTime::from_ms(900));
    }
    call.agent->create_response({});
    call.rest(0ms);
    const std::size_t second = (call.listener.audio_bytes - first) / 48U;  // ms
    EXPECT_LE(second, interrupted ? 1100U : 200U);
    EXPECT_GE(second, interrupted ? 1000U : 100U);
  }
}

/// A caller who thinks for 900 ms in the middle of a sentence.
Lines think_aloud(operators::TurnSettings::Detector detector) {
  // At 200 and at 500 ms of the pause it sounds unfinished; at the end it does not.
  AgentFixture call({}, {"I would like to book"}, nullptr, {}, {0.1F, 0.2F, 0.95F});
  call.settings.turn.detector = detector;
  call.be_silent(300ms);
  call.speak(800ms);
  call.be_silent(900ms);
  call.speak(600ms);
  call.be_silent(400ms);
  return call.lines;
}

TEST(VoiceAgent, ATurnModelWaitsThroughAPauseThatEndsATurnByTime) {
  const Lines by_time = think_aloud(operators::TurnSettings::Detector::silence);
  EXPECT_EQ(count(by_time, "committed"), 1) << "in the pause; the end is not silent enough yet";
  EXPECT_THAT(by_time, Contains(::testing::StartsWith("speech_started")).Times(2));
  const Lines by_sound = think_aloud(operators::TurnSettings::Detector::model);
  EXPECT_EQ(count(by_sound, "committed"), 1) << "400 ms after the end, earlier than by time";
  EXPECT_THAT(by_sound, Contains(::testing::StartsWith("speech_started")).Times(1));
}

/// How long after the end of speech the turn ended, in ms; the model keeps giving its last answer.
std::int64_t turn_end_after(operators::TurnSettings::Eagerness eagerness,
                            std::vector<float> answers) {
  AgentFixture call({}, {}, nullptr, {}, std::move(answers));
  call.settings.turn.detector = operators::TurnSettings::Detector::model;
  call.settings.turn.eagerness = eagerness;
  call.settings.turn.create_response = false;
  call.be_silent(320ms);
  call.speak(640ms);
  for (std::int64_t ms = 0; ms < 10'000; ms += 20) {
    if (count(call.lines, "committed") > 0) return ms;
    call.be_silent(20ms);
  }
  return -1;
}

TEST(VoiceAgent, TheTurnModelsAnswersAreTakenWithHysteresis) {
  using enum operators::TurnSettings::Eagerness;
  EXPECT_NEAR(static_cast<double>(turn_end_after(medium, {0.9F})), 220.0, 60.0);
  EXPECT_NEAR(static_cast<double>(turn_end_after(medium, {0.7F, 0.7F})), 520.0, 60.0)
      << "likely, and confirmed";
  EXPECT_NEAR(static_cast<double>(turn_end_after(medium, {0.7F, 0.4F, 0.7F, 0.4F, 0.7F})), 4020.0,
              60.0)
      << "likely now and then: the longest wait decides";
  EXPECT_NEAR(static_cast<double>(turn_end_after(high, {0.7F})), 220.0, 60.0);
  EXPECT_NEAR(static_cast<double>(turn_end_after(low, {0.9F})), 520.0, 60.0);
}

TEST(VoiceAgent, EagernessSetsHowLongASpeakerMayThink) {
  using enum operators::TurnSettings::Eagerness;
  EXPECT_NEAR(static_cast<double>(turn_end_after(high, {0.1F})), 2020.0, 60.0);
  EXPECT_NEAR(static_cast<double>(turn_end_after(medium, {0.1F})), 4020.0, 60.0);
  EXPECT_NEAR(static_cast<double>(turn_end_after(low, {0.1F})), 8020.0, 60.0);
}

TEST(VoiceAgent, SilenceAfterAReplyIsAnsweredWhenTheSettingsSaySo) {
  // 20 characters: 1.2 s of audio, which leaves at once and is played until then.
  AgentFixture call({.replies = {{.text = "Are you still there?"}}});
  call.settings.turn.idle_timeout = 6s;
  call.settings.transcription = true;
  call.type("hello");
  call.agent->create_response({});
  call.be_silent(7000ms);
  EXPECT_THAT(call.lines, Contains("response_done completed"));
  EXPECT_THAT(call.lines, Not(Contains(::testing::StartsWith("idle_timeout"))))
      << "it counts from the end of playback";
  call.lines.clear();
  call.be_silent(400ms);
  ASSERT_GE(call.lines.size(), 5U);
  EXPECT_THAT(
      Lines(call.lines.begin() + 1, call.lines.begin() + 5),
      ElementsAre("committed", "item_added user", "item_done user completed", "response_created"));
  std::int64_t start = 0, end = 0;
  ASSERT_EQ(std::sscanf(call.lines[0].c_str(), "idle_timeout %ld %ld", &start, &end), 2)
      << call.lines[0];
  EXPECT_NEAR(static_cast<double>(start), 1200.0, 60.0);
  EXPECT_NEAR(static_cast<double>(end - start), 6000.0, 60.0);
  EXPECT_THAT(call.lines, Not(Contains(::testing::StartsWith("transcription"))))
      << "silence is not recognised";
  const std::list<Item>& items = call.agent->conversation().items();
  const auto item = std::next(items.begin(), 2);
  EXPECT_TRUE(item->content.at(0).is_silence);
  EXPECT_TRUE(item->content.at(0).has_transcript);
}

TEST(VoiceAgent, SpeechEndsTheWaitForSilence) {
  AgentFixture call({.replies = {{.text = "Are you still there?"}}});
  call.settings.turn.idle_timeout = 6s;
  call.settings.turn.create_response = false;
  call.type("hello");
  call.agent->create_response({});
  call.be_silent(5000ms);
  call.speak(500ms);
  call.be_silent(20'000ms);
  EXPECT_THAT(call.lines, Not(Contains(::testing::StartsWith("idle_timeout"))))
      << "no reply followed, so nothing is waited for";
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
