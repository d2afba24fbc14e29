// SPDX-License-Identifier: Apache-2.0
//
// Only enrolled speakers are answered, where the settings say so.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/agent_fixture.h"
#include "tests/support/held_speakers.h"

namespace parley::agent {
namespace {

using namespace std::chrono_literals;
using test::AgentFixture;
using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::Not;

class SpeakerGate : public ::testing::Test {
 protected:
  SpeakerGate()
      : call({.replies = {{.text = "Hello there."}, {.text = "Hello."}}}, {}, nullptr, {}, {1.0F},
             nullptr, nullptr, &host, &known) {
    call.settings.enrolled_only = true;
  }
  void say_something() {
    call.be_silent(300ms);
    call.speak(1500ms);
    call.be_silent(1000ms);
  }

  test::HeldSpeakerHost host;
  test::OneKnownSpeaker known;
  AgentFixture call;
};

TEST_F(SpeakerGate, AnEnrolledSpeakerIsAnsweredAsSoonAsHeIsKnown) {
  say_something();
  EXPECT_THAT(call.lines, Contains("committed"));
  EXPECT_THAT(call.lines, Not(Contains("response_created")));
  ASSERT_FALSE(host.held.empty());
  host.answer(1.0F);
  call.rest(2s);
  EXPECT_THAT(call.lines, Contains("response_done completed"));
}

TEST_F(SpeakerGate, AStrangerIsHeardAndNotAnswered) {
  say_something();
  host.answer(0.0F);
  call.rest(2s);
  EXPECT_THAT(call.lines, Contains("item_done user completed"));
  EXPECT_THAT(call.lines, Not(Contains("response_created")));
  EXPECT_THAT(call.metrics.render(), testing::HasSubstr("parley_gate_refused_total 1"));
  say_something();
  host.answer(1.0F);
  call.rest(2s);
  EXPECT_THAT(call.lines, Contains("response_done completed")) << "the next one is enrolled";
}

TEST_F(SpeakerGate, WhatAClientAsksForIsAnswered) {
  say_something();
  host.answer(0.0F);
  call.agent->create_response({});
  call.rest(2s);
  EXPECT_THAT(call.lines, Contains("response_done completed"));
}

TEST_F(SpeakerGate, WhoAsksForRepliesHimselfIsToldOfEachTurn) {
  call.settings.turn.create_response = false;
  call.settings.judge_turns = true;
  say_something();
  EXPECT_FALSE(call.agent->idle()) << "somebody may be answered yet";
  host.answer(0.0F);
  call.rest(2s);
  say_something();
  host.answer(1.0F);
  call.rest(2s);
  EXPECT_THAT(call.lines, IsSupersetOf({"judged stranger", "judged enrolled"}));
  EXPECT_THAT(call.lines, Not(Contains("response_created")));
  EXPECT_THAT(call.metrics.render(), Not(testing::HasSubstr("parley_gate_refused_total")));
  EXPECT_TRUE(call.agent->idle());
}

TEST_F(SpeakerGate, WhoAsksForRepliesHimselfIsToldOfWhatAClientCommits) {
  call.settings.turn.detect = false;
  call.settings.judge_turns = true;
  call.speak(1500ms);
  call.agent->commit();
  ASSERT_EQ(host.held.size(), 1U);
  EXPECT_THAT(call.lines, Not(Contains("judged enrolled")));
  host.answer(1.0F);
  call.rest(2s);
  EXPECT_THAT(call.lines, Contains("judged enrolled"));
}

TEST_F(SpeakerGate, WithoutAGateNothingIsSpent) {
  call.settings.enrolled_only = false;
  say_something();
  call.rest(2s);
  EXPECT_TRUE(host.held.empty());
  EXPECT_THAT(call.lines, Contains("response_done completed"));
}

}  // namespace
}  // namespace parley::agent
