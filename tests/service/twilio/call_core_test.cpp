// SPDX-License-Identifier: Apache-2.0
#include "service/twilio/call_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/twilio/call_session.h"
#include "tests/service/twilio/call_fixture.h"
#include "tests/support/small_allowance.h"

namespace parley::service {
namespace {

using model::LlmMessage;
using std::chrono_literals::operator""ms;
using test::CallFixture;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kBytesPerCharacter = model::FakeTtsModel::kMsPerCharacter * 8U;

TEST(CallCore, WhatIsSaidIsAnswered) {
  CallFixture call({.llm = {.replies = {{.text = "Four."}}}, .heard = {"Two and two?"}});
  call.open();
  call.be_silent(500ms);
  EXPECT_THAT(call.lines(), IsEmpty()) << "the caller speaks first";
  call.ask();
  call.be_silent(1000ms);
  EXPECT_THAT(call.lines(), ElementsAre("sound"));
  EXPECT_NEAR(static_cast<double>(call.link->bytes), 5.0 * kBytesPerCharacter, 800.0);
  EXPECT_EQ(call.last_of(LlmMessage::Role::user), "Two and two?");
  EXPECT_TRUE(call.session->id().starts_with("sess_"));
  EXPECT_FALSE(call.link->close_code);
}

TEST(CallCore, AGreetingComesFirstAndParametersSetTheTone) {
  CallOptions options;
  options.greeting = "Good morning.";
  CallFixture call({.llm = {.replies = {{.text = "Good morning."}, {.text = "Four."}}},
                    .heard = {"Two and two?"},
                    .service = options});
  call.open({{"instructions", "Speak like a pirate."}, {"other", "x"}});
  call.be_silent(200ms);
  EXPECT_THAT(call.lines(), ElementsAre("sound"));
  EXPECT_THAT(call.last_of(LlmMessage::Role::system), HasSubstr("Good morning."));
  call.be_silent(1500ms);
  call.ask();
  EXPECT_THAT(call.last_of(LlmMessage::Role::system), HasSubstr("pirate"));
  EXPECT_EQ(call.last_of(LlmMessage::Role::assistant), "Good morning.");
}

TEST(CallCore, WhoInterruptsHearsNoMoreAndTheModelReadsOnlyWhatWasHeard) {
  CallFixture call({.llm = {.replies = {{.text = "First sentence here. Second sentence here."},
                                        {.text = "Fine."}}},
                    .heard = {"Talk.", "Stop it."}});
  call.open();
  call.ask();
  call.be_silent(600ms);  // the first sentence takes 1.2 s
  EXPECT_THAT(call.lines(), ElementsAre("sound"));
  call.speak(900ms);
  EXPECT_THAT(call.lines(), ElementsAre("sound", "clear")) << "until he is heard, and no more";
  call.be_silent(1500ms);
  EXPECT_THAT(call.lines(), ElementsAre("sound"));
  EXPECT_EQ(call.last_of(LlmMessage::Role::user), "Stop it.");
  const std::string said = call.last_of(LlmMessage::Role::assistant);
  EXPECT_THAT(said, StartsWith("First"));
  EXPECT_THAT(said, Not(HasSubstr("Second")));
}

TEST(CallCore, WhatWasHeardToItsEndIsNotCleared) {
  CallFixture call({.llm = {.replies = {{.text = "Four."}}}, .heard = {"Two and two?", "Thanks."}});
  call.open();
  call.ask();
  call.be_silent(2000ms);
  call.lines();
  call.ask();
  EXPECT_THAT(call.lines(), Not(Contains("clear")));
  EXPECT_EQ(call.last_of(LlmMessage::Role::assistant), "Four.");
}

TEST(CallCore, NothingIsSaidToWhatHasNoWords) {
  CallFixture call({.llm = {.replies = {{.text = "What?"}}}, .heard = {" "}});
  call.open();
  call.ask();
  call.be_silent(1000ms);
  EXPECT_THAT(call.lines(), IsEmpty());
}

TEST(CallCore, OurOwnVoiceIsNotHeard) {
  CallFixture call({.llm = {.replies = {{.text = "What?"}}}, .heard = {"Echo."}});
  call.open();
  call.send(test::sine(9'600, 220.0, 8'000, 0.3), false);
  call.be_silent(1500ms);
  EXPECT_THAT(call.lines(), IsEmpty());
}

TEST(CallCore, KeysAreWordsAfterAHashOrAPause) {
  CallFixture call({.llm = {.replies = {{.text = "Thank you."}}}});
  call.open();
  call.press("12#");
  call.be_silent(200ms);
  EXPECT_THAT(call.last_of(LlmMessage::Role::user), HasSubstr("12#"));
  call.be_silent(2000ms);
  call.lines();
  call.press("7");
  call.be_silent(1900ms);
  EXPECT_THAT(call.lines(), IsEmpty());
  call.be_silent(300ms);
  EXPECT_THAT(call.last_of(LlmMessage::Role::user), HasSubstr(": 7)"));
  call.be_silent(2000ms);
  call.press(std::string(kCallDigitsMax, '5'));
  call.be_silent(100ms);
  EXPECT_THAT(call.last_of(LlmMessage::Role::user), HasSubstr(std::string(kCallDigitsMax, '5')));
}

TEST(CallCore, BehindAGateOnlyEnrolledSpeakersAreAnswered) {
  CallOptions options;
  options.defaults.enrolled_only = true;
  CallFixture call({.llm = {.replies = {{.text = "Four."}, {.text = "Thank you."}}},
                    .heard = {"Open the door.", "Two and two?", " "},
                    .service = options});
  call.open();
  call.ask();
  call.speakers.answer(0.0F);
  call.be_silent(1000ms);
  call.press("1#");  // nor are his keys
  call.be_silent(1000ms);
  EXPECT_THAT(call.lines(), IsEmpty());
  EXPECT_THAT(call.metrics.render(), HasSubstr("parley_gate_refused_total 2"));
  call.ask();
  EXPECT_THAT(call.lines(), IsEmpty()) << "who he is is not known yet";
  call.speakers.answer(1.0F);
  call.be_silent(1500ms);
  EXPECT_THAT(call.lines(), ElementsAre("sound"));
  EXPECT_EQ(call.last_of(LlmMessage::Role::user), "Two and two?");
  call.ask();  // a cough, of whomever
  call.speakers.answer(0.0F);
  call.press("2#");
  call.be_silent(1500ms);
  EXPECT_THAT(call.lines(), ElementsAre("sound"));
  EXPECT_THAT(call.metrics.render(), HasSubstr("parley_gate_refused_total 2"));
}

TEST(CallCore, AParameterIsTheGateOfItsCall) {
  CallFixture gated({.heard = {"Open the door."}});
  gated.open({{"gate", "enrolled"}});
  gated.ask();
  gated.speakers.answer(0.0F);
  gated.be_silent(1000ms);
  EXPECT_THAT(gated.lines(), IsEmpty());
  CallOptions options;
  options.defaults.enrolled_only = true;
  CallFixture open(
      {.llm = {.replies = {{.text = "Four."}}}, .heard = {"Two and two?"}, .service = options});
  open.open({{"gate", "off"}});
  open.ask();
  open.be_silent(1000ms);
  EXPECT_THAT(open.lines(), ElementsAre("sound"));
  EXPECT_THAT(open.speakers.held, IsEmpty());
  for (const bool has_speakers : {true, false}) {
    CallFixture refused({.has_speakers = has_speakers});
    refused.open({{"gate", has_speakers ? "closed" : "enrolled"}});
    EXPECT_EQ(refused.link->close_code, 1008);
    EXPECT_THAT(refused.link->close_reason,
                HasSubstr(has_speakers ? "'closed'" : "speakers.model"));
  }
}

TEST(CallCore, AStopEndsItAndASocketThatSaysNothingIsClosed) {
  CallFixture call;
  call.open();
  call.push(protocol::CallStop{});
  call.runtime.run_until_idle();
  EXPECT_EQ(call.link->close_code, 1000);
  CallFixture silent;
  silent.connect();
  silent.push(protocol::CallSound{.bytes = "x"});  // before its start nothing is heard
  silent.runtime.run_for(kCallStartPatience - 1ms);
  EXPECT_FALSE(silent.link->close_code);
  silent.runtime.run_for(2ms);
  EXPECT_EQ(silent.link->close_code, 1008);
}

TEST(CallCore, DrainingWaitsUntilTheLastWordIsHeard) {
  for (const bool has_marks : {true, false}) {
    CallFixture call({.llm = {.replies = {{.text = "This takes a while."}}},
                      .heard = {"Talk."},
                      .has_marks = has_marks});
    call.open();
    call.ask();
    call.be_silent(200ms);
    call.service.drain();
    call.be_silent(500ms);
    EXPECT_FALSE(call.link->close_code);
    call.be_silent(has_marks ? 1000ms : 1000ms + kCallMarkPatience);
    EXPECT_EQ(call.link->close_code, 1001) << has_marks;
    EXPECT_FALSE(call.service.open({}, call.link)) << "no more";
  }
}

TEST(CallCore, ALinkThatIsGoneEndsIt) {
  CallFixture call({.llm = {.replies = {{.text = "Four."}}}, .heard = {"Two and two?"}});
  call.open();
  call.speak(1200ms);
  call.link->answer = SendResult::closed;
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(call.session->push(protocol::CallSound{.bytes = std::string(160, '\xFF')}));
    call.runtime.run_for(20ms);
  }
  EXPECT_EQ(call.session->push(protocol::CallStop{}), PushResult::closed);
}

TEST(CallCore, AConnectionThatIsTooFastWaits) {
  CallFixture call;
  call.open();
  std::size_t taken = 0;
  while (call.session->push(protocol::CallSound{.bytes = std::string(160, '\xFF')}) ==
         PushResult::accepted) {
    ++taken;
  }
  EXPECT_EQ(taken, kCallMessagesWaitingMax);
  call.runtime.run_for(1000ms);
  EXPECT_EQ(call.link->resumed, 1);
  call.push(protocol::CallSound{.bytes = std::string(160, '\xFF')});
}

TEST(CallCore, AKeysLimitsAreItsCalls) {
  auto allowance = std::make_shared<test::SmallAllowance>();
  CallOptions options;
  options.prices.output_text = 1000.0;
  CallFixture call(
      {.llm = {.replies = {{.text = "Four."}}}, .service = options, .allowance = allowance});
  call.open();
  call.press("1#");
  call.be_silent(1000ms);
  EXPECT_THAT(call.lines(), ElementsAre("sound"));
  EXPECT_GT(allowance->paid, 0);
  call.press("2#");
  EXPECT_EQ(call.link->close_code, 1008);
  EXPECT_EQ(call.link->close_reason, "No more today.");
  CallFixture talker({.allowance = std::make_shared<test::SmallAllowance>()});
  talker.open();
  talker.be_silent(1980ms);
  EXPECT_FALSE(talker.link->close_code);
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(talker.session->push(protocol::CallSound{.bytes = std::string(160, 'x')}));
    talker.runtime.run_until_idle();
  }
  EXPECT_EQ(talker.link->close_reason, "Enough was said.");
}

TEST(CallService, PlacesAreLimitedAndGivenBack) {
  CallOptions options;
  options.sessions_max = 1;
  CallFixture call({.service = options});
  call.connect();
  const auto second = call.service.open({}, call.link);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::resource_exhausted);
  call.session->close();
  EXPECT_EQ(call.service.sessions(), 0U);
}

}  // namespace
}  // namespace parley::service
