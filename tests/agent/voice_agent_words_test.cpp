// SPDX-License-Identifier: Apache-2.0
//
// What is told of the user's words while he speaks. The fake hears how long the audio was: its
// first word stays, its number does not.
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
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

/// Answers when it is told to.
class HeldHost final : public model::SpeakerHost {
 public:
  bool submit(std::shared_ptr<model::SpeakerCall> call) noexcept override {
    held.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] std::size_t dimension() const noexcept override { return 1; }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 1U << 20U; }
  [[nodiscard]] std::string name() const override { return "held"; }
  std::vector<std::shared_ptr<model::SpeakerCall>> held;
};

class Everybody final : public model::KnownSpeakers {
 public:
  void refresh(const std::string&) override {}
  [[nodiscard]] bool may_know_any(const std::string&) const override { return true; }
  [[nodiscard]] std::string name_of(const std::string&,
                                    std::span<const float> embedding) const override {
    return embedding.front() == 1.0F ? "Anna" : "Bert";
  }
};

class VoiceAgentSpeakers : public ::testing::Test {
 protected:
  VoiceAgentSpeakers()
      : call({}, {}, nullptr, {}, {1.0F}, nullptr, nullptr, &host, &everybody, with_partials()) {
    call.settings.partial.interval = Millis(0);
    call.settings.diarize = true;
  }
  void say_something() {
    call.be_silent(300ms);
    call.speak(1000ms);
    call.be_silent(1000ms);
  }
  void answer(std::size_t which, float value) {
    host.held.at(which)->embedding = {value};
    host.held.at(which)->finish();
    call.rest(10ms);
  }

  HeldHost host;
  Everybody everybody;
  AgentFixture call;
};

TEST_F(VoiceAgentSpeakers, AreToldWithTheirWordsInOrder) {
  say_something();
  say_something();
  EXPECT_THAT(call.lines, Contains("committed").Times(2));
  EXPECT_THAT(call.lines, Not(Contains(StartsWith("transcription"))));
  EXPECT_FALSE(call.agent->idle()) << "words are on their way";
  ASSERT_EQ(host.held.size(), 2U);
  answer(1, 0.0F);
  EXPECT_THAT(call.lines, Not(Contains(StartsWith("transcription"))));
  answer(0, 1.0F);
  EXPECT_THAT(call.lines, Contains(StartsWith("transcription heard")).Times(2));
  EXPECT_EQ(call.listener.speakers, (std::vector<std::string>{"Anna", "Bert"}));
  EXPECT_TRUE(call.agent->idle());
}

TEST_F(VoiceAgentSpeakers, AreNobodysWhoseItemIsGone) {
  say_something();
  const std::string id = call.agent->conversation().items().front().id;
  call.agent->delete_item(id);
  answer(0, 1.0F);
  EXPECT_THAT(call.lines, Not(Contains(StartsWith("transcription"))));
  EXPECT_TRUE(call.agent->idle());
}

TEST_F(VoiceAgentSpeakers, AreNotLookedForWithoutBeingAskedFor) {
  call.settings.diarize = false;
  say_something();
  EXPECT_TRUE(host.held.empty());
  EXPECT_THAT(call.lines, Contains(StartsWith("transcription heard")));
  EXPECT_TRUE(call.listener.speakers.empty());
}

}  // namespace
}  // namespace parley::agent
