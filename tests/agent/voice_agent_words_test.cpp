// SPDX-License-Identifier: Apache-2.0
//
// What is told of the user's words while he speaks. The fake hears how long the audio was: its
// first word stays, its number does not.
#include <chrono>
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
using ::testing::StartsWith;

AgentSettings with_partials() {
  AgentSettings settings;
  settings.transcription = true;
  settings.has_partials = true;
  settings.partial.interval = operators::PartialSettings{}.interval;
  settings.turn.create_response = false;
  return settings;
}

class VoiceAgentWords : public ::testing::Test {
 protected:
  explicit VoiceAgentWords(AgentSettings settings = with_partials())
      : call({}, {}, nullptr, {}, {1.0F}, nullptr, nullptr, nullptr, nullptr, std::move(settings)) {
  }
  AgentFixture call;
};

TEST_F(VoiceAgentWords, AreToldWhenTheyStayAndTheRestAtTheEnd) {
  call.be_silent(300ms);
  call.speak(1200ms);
  EXPECT_THAT(call.lines, ElementsAre(StartsWith("speech_started"), "transcription_delta heard"));
  call.be_silent(1000ms);
  EXPECT_THAT(call.lines, Contains("transcription heard 1.7 seconds"));
  EXPECT_EQ(call.listener.untold, " 1.7 seconds");
  EXPECT_THAT(call.lines, Contains(StartsWith("transcription_delta")).Times(1));
}

TEST_F(VoiceAgentWords, OfEachUtteranceAreItsOwn) {
  for (int i = 0; i < 2; ++i) {
    call.speak(1000ms);
    call.be_silent(1000ms);
    EXPECT_THAT(call.listener.untold, StartsWith(" 1."));
  }
  EXPECT_THAT(call.lines, Contains("transcription_delta heard").Times(2));
}

TEST_F(VoiceAgentWords, AreNotToldWithoutTranscription) {
  call.settings.transcription = false;
  call.speak(1000ms);
  call.be_silent(1000ms);
  EXPECT_THAT(call.lines, Contains("committed"));
  EXPECT_THAT(call.lines, Not(Contains(StartsWith("transcription"))));
}

TEST_F(VoiceAgentWords, AreToldWholeWithoutPartials) {
  call.settings.partial.interval = Millis(0);
  call.speak(1000ms);
  call.be_silent(1000ms);
  EXPECT_THAT(call.lines, Not(Contains(StartsWith("transcription_delta"))));
  EXPECT_THAT(call.listener.untold, StartsWith("heard 1."));
}

TEST_F(VoiceAgentWords, ArePushToTalksTooWhereSomebodyFollows) {
  call.settings.turn.detect = false;
  call.settings.turn.follows = true;
  call.be_silent(300ms);
  call.speak(1200ms);
  EXPECT_THAT(call.lines, ElementsAre("transcription_delta heard"));
  EXPECT_FALSE(call.agent->is_hearing()) << "nobody knows when its client will be done";
  call.agent->commit();
  call.rest(100ms);
  EXPECT_THAT(call.lines,
              ElementsAre("transcription_delta heard", "committed", "item_added user",
                          "item_done user completed", "transcription heard 1.5 seconds"));
  EXPECT_EQ(call.listener.untold, " 1.5 seconds");
}

TEST_F(VoiceAgentWords, WhoseTurnIsDetectedAfterAllAreAnnouncedFirst) {
  call.settings.turn.detect = false;
  call.settings.turn.follows = true;
  call.speak(1200ms);
  call.settings.turn.detect = true;
  call.be_silent(1000ms);
  EXPECT_THAT(call.lines,
              ElementsAre("transcription_delta heard", StartsWith("speech_started"),
                          StartsWith("speech_stopped"), "committed", "item_added user",
                          "item_done user completed", StartsWith("transcription heard 1.")));
}

}  // namespace
}  // namespace parley::agent
