// SPDX-License-Identifier: Apache-2.0
//
// What a device is told: replies, their ends, tools, and the documented example.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/xiaozhi/xiaozhi_fixture.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using test::emotion;
using test::kHello;
using test::kListenAuto;
using test::kStart;
using test::kStop;
using test::listen;
using test::sentence;
using test::stt;
using test::XiaozhiFixture;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(XiaozhiReplies, WhatIsSaidIsHeardAnsweredAndPlayedInTime) {
  XiaozhiFixture toy({.llm = {.replies = {{.text = "😊 It is noon. Time to eat."}}},
                      .heard = {"What time is it?"}});
  toy.open();
  toy.say(kListenAuto);
  toy.ask();
  toy.rest(5s);
  EXPECT_THAT(toy.lines(), ElementsAre(stt("What time is it?"), kStart, emotion("happy", "😊"),
                                       sentence("It is noon."), "sound", sentence("Time to eat."),
                                       "sound", kStop));
  // Five at once, then one each 60 ms.
  const std::vector<Instant>& sounds = toy.link->sounds;
  ASSERT_GT(sounds.size(), 20U);
  for (std::size_t i = 1; i < sounds.size(); ++i) {
    const Nanos after = sounds[i] - sounds[0];
    const Nanos earliest = static_cast<int>(i) * 60ms - 240ms;
    EXPECT_GE(after, std::max<Nanos>(earliest, 0ms)) << i;
    EXPECT_LE(after, std::max<Nanos>(earliest, 0ms) + 2ms) << i;
  }
  EXPECT_EQ(toy.link->stamps[7], 420U);
}

TEST(XiaozhiReplies, WhileItSpeaksAnAutoDeviceIsNotListenedTo) {
  XiaozhiFixture toy(
      {.llm = {.replies = {{.text = "One two three four five six seven."}}}, .heard = {"Count."}});
  toy.open();
  toy.say(kListenAuto);
  toy.ask();
  toy.speak(1s);  // in its own microphone
  toy.rest(5s);
  EXPECT_THAT(toy.lines(),
              ElementsAre(stt("Count."), kStart, emotion("neutral", "😶"),
                          sentence("One two three four five six seven."), "sound", kStop));
}

TEST(XiaozhiReplies, NothingIsSaidToWhatHasNoWords) {
  XiaozhiFixture toy({.heard = {"", "  . "}});
  toy.open();
  toy.say(kListenAuto);
  toy.ask();
  toy.ask();
  toy.rest(2s);
  EXPECT_THAT(toy.lines(), IsEmpty());
  EXPECT_EQ(toy.llm.seen().submitted, 0U);
}

TEST(XiaozhiReplies, BehindAGateOnlyEnrolledSpeakersAreAnswered) {
  for (const bool is_default : {true, false}) {
    XiaozhiOptions options;
    options.defaults.enrolled_only = is_default;
    XiaozhiFixture toy({.llm = {.replies = {{.text = "Four."}}},
                        .heard = {"Open the door.", "Two and two?"},
                        .service = options,
                        .enrolled_only = is_default ? std::nullopt : std::optional(true)});
    toy.open();
    toy.say(kListenAuto);
    toy.ask();
    EXPECT_THAT(toy.lines(), IsEmpty()) << "whose words they are is not known yet";
    toy.speakers.answer(0.0F);
    toy.rest(3s);
    EXPECT_THAT(toy.lines(), ElementsAre(stt("Open the door."))) << "a stranger's; it listens on";
    EXPECT_THAT(toy.metrics.render(), HasSubstr("parley_gate_refused_total 1"));
    toy.ask();
    toy.speakers.answer(1.0F);
    toy.rest(3s);
    EXPECT_THAT(toy.lines(), ElementsAre(stt("Two and two?"), kStart, emotion("neutral", "😶"),
                                         sentence("Four."), "sound", kStop));
    EXPECT_THAT(toy.metrics.render(), HasSubstr("parley_gate_refused_total 1"));
  }
}

TEST(XiaozhiReplies, BehindAGateAKeyThatIsHeldOpensNothingAndTypedWordsAreAnswered) {
  XiaozhiFixture toy({.llm = {.replies = {{.text = "Four."}}},
                      .heard = {"Open the door."},
                      .enrolled_only = true});
  toy.open();
  toy.say(listen(R"("start","mode":"manual")"));
  toy.speak(900ms);
  toy.say(listen(R"("stop")"));
  toy.speakers.answer(0.0F);
  toy.rest(2s);
  EXPECT_THAT(toy.lines(), ElementsAre(stt("Open the door.")));
  toy.say(listen(R"("detect","text":"Two and two?")"));
  toy.rest(3s);
  EXPECT_THAT(toy.lines(), Contains(sentence("Four.")));
}

TEST(XiaozhiReplies, ADeviceMayHaveNoGateWhereOthersHave) {
  XiaozhiOptions options;
  options.defaults.enrolled_only = true;
  XiaozhiFixture toy({.heard = {"Two and two?"}, .service = options, .enrolled_only = false});
  toy.open();
  toy.say(kListenAuto);
  toy.ask();
  EXPECT_THAT(toy.lines(), Contains(kStart));
  EXPECT_THAT(toy.speakers.held, IsEmpty()) << "and nothing is spent on it";
}

TEST(XiaozhiReplies, AnAbortStopsTheSoundAndTheModelReadsOnlyWhatWasPlayed) {
  XiaozhiFixture toy({.llm = {.replies = {{.text = "First sentence here. Second sentence here."},
                                          {.text = "Fine."}}},
                      .heard = {"Talk.", "And now?"}});
  toy.open();
  toy.say(kListenAuto);
  toy.ask();
  toy.rest(1s);  // the first sentence takes 1.2 s
  toy.lines();
  const std::size_t sent = toy.link->sounds.size();
  toy.say(R"({"type":"abort","reason":"wake_word_detected"})");
  EXPECT_THAT(toy.lines(), ElementsAre(kStop));
  toy.rest(3s);
  EXPECT_EQ(toy.link->sounds.size(), sent);
  EXPECT_THAT(toy.lines(), IsEmpty());
  toy.say(kListenAuto);
  toy.ask();
  toy.rest(3s);
  EXPECT_THAT(toy.lines(), ElementsAre(stt("And now?"), kStart, emotion("neutral", "😶"),
                                       sentence("Fine."), "sound", kStop));
  std::string said;
  for (const model::LlmMessage& message : toy.llm.seen().last_prompt.messages) {
    if (message.role == model::LlmMessage::Role::assistant) said = message.text;
  }
  EXPECT_THAT(said, StartsWith("First"));
  EXPECT_THAT(said, Not(HasSubstr("Second")));
}

TEST(XiaozhiReplies, AnAbortForgetsWhatWasHalfSaid) {
  XiaozhiFixture toy({.llm = {.replies = {{.text = "Four."}}}, .heard = {"Never."}});
  toy.open();
  toy.say(kListenAuto);
  toy.speak(900ms);
  toy.say(R"({"type":"abort"})");
  toy.say(listen(R"("detect","text":"Two and two?")"));
  toy.rest(3s);
  EXPECT_THAT(toy.lines(), ElementsAre(kStop, stt("Two and two?"), kStart, emotion("neutral", "😶"),
                                       sentence("Four."), "sound", kStop));
}

TEST(XiaozhiReplies, ALongReplyIsNotTakenForSilence) {
  XiaozhiFixture toy({.llm = {.replies = {{.text = std::string(2500, 'a') + "."}}}});
  toy.open();
  toy.say(listen(R"("detect","text":"Sing.")"));
  toy.rest(149s);
  EXPECT_FALSE(toy.link->close_code);
  toy.rest(5s);
  EXPECT_EQ(toy.lines().back(), kStop);
  toy.rest(119s);
  EXPECT_EQ(toy.link->close_code, 1000);
}

TEST(XiaozhiReplies, AnAbortWhileTheModelThinksLeavesNothingToSay) {
  XiaozhiFixture toy(
      {.llm = {.replies = {{.text = "Late."}}, .first_token_delay = 1s}, .heard = {"Talk."}});
  toy.open();
  toy.say(kListenAuto);
  toy.ask();
  EXPECT_THAT(toy.lines(), ElementsAre(stt("Talk."), kStart));
  toy.say(R"({"type":"abort"})");
  toy.rest(4s);
  EXPECT_THAT(toy.lines(), ElementsAre(kStop));
}

TEST(XiaozhiReplies, InRealtimeSpeechInterrupts) {
  XiaozhiFixture toy({.llm = {.replies = {{.text = "This is a long story about a toy and a dog."},
                                          {.text = "Yes."}}},
                      .heard = {"Talk.", "Stop it."}});
  toy.open();
  toy.say(listen(R"("start","mode":"realtime")"));
  toy.ask();
  toy.be_silent(600ms);
  EXPECT_THAT(toy.lines(), Contains("sound"));
  toy.speak(900ms);
  EXPECT_THAT(toy.lines(), ElementsAre(kStop));
  toy.say(listen(R"("start","mode":"realtime")"));  // as devices do after each stop
  toy.be_silent(900ms);
  toy.rest(2s);
  EXPECT_THAT(toy.lines(), ElementsAre(stt("Stop it."), kStart, emotion("neutral", "😶"),
                                       sentence("Yes."), "sound", kStop));
}

TEST(XiaozhiReplies, AReplyThatFailsIsToldAndTheDeviceListensAgain) {
  XiaozhiFixture toy({.llm = {.generations_max = 0}, .heard = {"Talk."}});
  toy.open();
  toy.say(kListenAuto);
  toy.ask();
  toy.rest(1s);
  EXPECT_THAT(toy.lines(),
              ElementsAre(stt("Talk."), kStart, StartsWith(R"({"type":"alert",)"), kStop));
}

/// Steps 3 to 18 of the documented example: wake word, tool call, barge-in.
TEST(XiaozhiReplies, TheExampleSession) {
  XiaozhiFixture toy({.llm = {.replies = {{.tool = "self_audio_speaker_set_volume",
                                           .arguments = R"({"volume":50})"},
                                          {.text = "🙂 The volume is fifty. Anything else?"},
                                          {.text = "Good night."}}},
                      .heard = {"Set the volume to fifty.", "Good night."}});
  toy.connect();
  toy.say(kHello);
  EXPECT_THAT(toy.lines(),
              ElementsAre(StartsWith(R"({"type":"hello")"), HasSubstr(R"("method":"initialize")")));
  toy.answer(1, R"({"protocolVersion":"2024-11-05","capabilities":{"tools":{}},)"
                R"("serverInfo":{"name":"toy","version":"2"}})");
  EXPECT_THAT(toy.lines(), ElementsAre(HasSubstr(R"("id":2,"method":"tools/list")")));
  toy.answer(2, R"({"tools":[{"name":"self.get_device_status","description":"Its state",)"
                R"("inputSchema":{"type":"object","properties":{}}}],)"
                R"("nextCursor":"self.audio_speaker.set_volume"})");
  EXPECT_THAT(toy.lines(),
              ElementsAre(AllOf(HasSubstr(R"("id":3,"method":"tools/list")"),
                                HasSubstr(R"("cursor":"self.audio_speaker.set_volume")"))));
  toy.answer(3, R"({"tools":[{"name":"self.audio_speaker.set_volume","description":"0 to 100",)"
                R"("inputSchema":{"type":"object","properties":{"volume":{"type":"integer"}}}}]})");

  toy.speak(600ms);  // the wake word
  toy.say(listen(R"("detect","text":"你好小智")"));
  toy.say(kListenAuto);
  toy.be_silent(600ms);
  EXPECT_THAT(toy.lines(), IsEmpty());
  toy.ask();
  EXPECT_THAT(toy.lines(),
              ElementsAre(stt("Set the volume to fifty."), kStart,
                          R"({"type":"mcp","payload":{"jsonrpc":"2.0","id":4,"method":)"
                          R"("tools/call","params":{"name":"self.audio_speaker.set_volume",)"
                          R"("arguments":{"volume":50}}}})"));
  const auto prompt = toy.llm.seen().last_prompt;
  ASSERT_EQ(prompt.tools.size(), 2U);
  EXPECT_EQ(prompt.tools[0].name, "self_get_device_status");
  EXPECT_EQ(prompt.tools[1].description, "0 to 100");

  toy.answer(4, R"({"content":[{"type":"text","text":"true"}],"isError":false})");
  toy.rest(1500ms);
  EXPECT_THAT(toy.lines(), ElementsAre(emotion("happy", "🙂"), sentence("The volume is fifty."),
                                       "sound", sentence("Anything else?"), "sound"));
  bool has_output = false;
  for (const model::LlmMessage& message : toy.llm.seen().last_prompt.messages) {
    if (message.role == model::LlmMessage::Role::tool) has_output = message.text == "true";
  }
  EXPECT_TRUE(has_output);

  toy.say(R"({"type":"abort","reason":"wake_word_detected"})");
  EXPECT_THAT(toy.lines(), ElementsAre(kStop));
  toy.say(kListenAuto);
  toy.ask();
  toy.rest(3s);
  EXPECT_THAT(toy.lines(), ElementsAre(stt("Good night."), kStart, emotion("neutral", "😶"),
                                       sentence("Good night."), "sound", kStop));
  toy.say(kListenAuto);
  toy.rest(121s);
  EXPECT_EQ(toy.link->close_code, 1000);
}

TEST(XiaozhiReplies, AnAbortDuringAToolCallEndsWhatItWouldLeadTo) {
  XiaozhiFixture toy(
      {.llm = {.replies = {{.tool = "self_lamp"}, {.text = "Done."}}}, .heard = {"Light."}});
  toy.open(kHello);
  toy.answer(1, "{}");
  toy.answer(2, R"({"tools":[{"name":"self.lamp"}]})");
  toy.say(kListenAuto);
  toy.ask();
  EXPECT_THAT(toy.lines(), Contains(HasSubstr("tools/call")));
  toy.say(R"({"type":"abort"})");
  toy.answer(3, R"({"content":[{"type":"text","text":"lit"}]})");
  toy.rest(3s);
  EXPECT_THAT(toy.lines(), ElementsAre(kStop));
}

TEST(XiaozhiReplies, AToolThatDoesNotAnswerIsGivenUp) {
  XiaozhiFixture toy(
      {.llm = {.replies = {{.tool = "self_lamp"}, {.text = "Sorry."}}}, .heard = {"Light."}});
  toy.open(kHello);
  toy.answer(1, "{}");
  toy.answer(2, R"({"tools":[{"name":"self.lamp"}]})");
  toy.say(kListenAuto);
  toy.ask();
  toy.lines();
  toy.rest(29s);
  EXPECT_THAT(toy.lines(), IsEmpty());
  toy.rest(4s);
  EXPECT_THAT(toy.lines(),
              ElementsAre(emotion("neutral", "😶"), sentence("Sorry."), "sound", kStop));
}

}  // namespace
}  // namespace parley::service
