// SPDX-License-Identifier: Apache-2.0
//
// When the user's turn ends: by time, by how it sounds, or because nobody speaks.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <list>
#include <string>
#include <utility>
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

}  // namespace
}  // namespace parley::agent
