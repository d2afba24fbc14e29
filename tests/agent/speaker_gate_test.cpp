// SPDX-License-Identifier: Apache-2.0
//
// Only enrolled speakers are answered, where the settings say so.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/agent_fixture.h"

namespace parley::agent {
namespace {

using namespace std::chrono_literals;
using test::AgentFixture;
using ::testing::Contains;
using ::testing::Not;

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
  void answer(float value) const {
    held.back()->embedding = {value};
    held.back()->finish();
  }
  std::vector<std::shared_ptr<model::SpeakerCall>> held;
};

class OneSpeaker final : public model::KnownSpeakers {
 public:
  void refresh(const std::string&) override {}
  [[nodiscard]] bool may_know_any(const std::string&) const override { return true; }
  [[nodiscard]] std::string name_of(const std::string&,
                                    std::span<const float> embedding) const override {
    return embedding.front() == 1.0F ? "Anna" : "";
  }
};

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

  HeldHost host;
  OneSpeaker known;
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

TEST_F(SpeakerGate, WithoutAGateNothingIsSpent) {
  call.settings.enrolled_only = false;
  say_something();
  call.rest(2s);
  EXPECT_TRUE(host.held.empty());
  EXPECT_THAT(call.lines, Contains("response_done completed"));
}

}  // namespace
}  // namespace parley::agent
