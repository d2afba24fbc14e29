// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/xiaozhi_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/xiaozhi/xiaozhi_session.h"
#include "tests/service/xiaozhi/xiaozhi_fixture.h"
#include "tests/support/small_allowance.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using test::emotion;
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
using ::testing::StartsWith;

TEST(XiaozhiCore, AHelloIsAnsweredWithWhatWeSend) {
  XiaozhiFixture toy;
  toy.connect();
  toy.say(R"({"type":"hello","audio_params":{"format":"opus","frame_duration":20}})");
  EXPECT_THAT(toy.lines(), ElementsAre(AllOf(HasSubstr(R"("transport":"websocket")"),
                                             HasSubstr(R"("sample_rate":24000)"),
                                             HasSubstr(R"("frame_duration":20)"))));
  EXPECT_TRUE(toy.session->id().starts_with("sess_"));
}

TEST(XiaozhiCore, PushToTalkEndsWhenTheKeyIsLetGo) {
  XiaozhiFixture toy({.llm = {.replies = {{.text = "Yes."}}}, .heard = {"Hello?"}});
  toy.open();
  toy.say(listen(R"("start","mode":"manual")"));
  toy.speak(600ms);
  toy.be_silent(1200ms);
  toy.speak(600ms);
  EXPECT_THAT(toy.lines(), IsEmpty());
  toy.say(listen(R"("stop")"));
  toy.rest(3s);
  EXPECT_THAT(toy.lines(), ElementsAre(stt("Hello?"), kStart, emotion("neutral", "😶"),
                                       sentence("Yes."), "sound", kStop));
  toy.say(listen(R"("start","mode":"manual")"));
  toy.say(listen(R"("stop")"));  // only touched
  toy.rest(1s);
  EXPECT_THAT(toy.lines(), IsEmpty());
}

TEST(XiaozhiCore, AStopInAutoModeEndsTheTurnAtOnce) {
  XiaozhiFixture toy({.heard = {"Hello?"}});
  toy.open();
  toy.say(kListenAuto);
  toy.speak(600ms);
  toy.say(listen(R"("stop")"));
  EXPECT_THAT(toy.lines(), Contains(stt("Hello?")));
}

TEST(XiaozhiCore, WhatIsTypedIsAnsweredAndAWakeWordIsNot) {
  XiaozhiFixture toy({.llm = {.replies = {{.text = "Four."}}}});
  toy.open();
  toy.say(listen(R"("detect","text":"你好，小智。")"));
  toy.rest(1s);
  EXPECT_THAT(toy.lines(), IsEmpty());
  toy.speak(300ms);  // of a wake word of its own
  toy.say(listen(R"("detect","text":"Hey Bella")"));
  toy.rest(1s);
  EXPECT_THAT(toy.lines(), IsEmpty());
  toy.say(listen(R"("detect","text":"Two and two?")"));
  toy.rest(3s);
  EXPECT_THAT(toy.lines(), ElementsAre(stt("Two and two?"), kStart, emotion("neutral", "😶"),
                                       sentence("Four."), "sound", kStop));
}

TEST(XiaozhiCore, TheEndOfAWakeWordIsNotAQuestion) {
  XiaozhiFixture toy({.heard = {"Hey, Bella!"}});
  toy.open();
  toy.speak(300ms);
  toy.say(listen(R"("detect","text":"hey bella")"));
  toy.say(kListenAuto);
  toy.speak(480ms);  // its tail
  toy.be_silent(900ms);
  toy.rest(1s);
  EXPECT_THAT(toy.lines(), IsEmpty());
  toy.ask();  // and once more, all of it
  toy.rest(1s);
  EXPECT_THAT(toy.lines(), IsEmpty());
}

TEST(XiaozhiCore, ADeviceThatSendsNoSilenceIsUnderstood) {
  XiaozhiFixture toy({.heard = {"Hello?"}});
  toy.open();
  toy.say(kListenAuto);
  toy.speak(1200ms);
  toy.rest(2s);  // its encoder found nothing worth a packet
  EXPECT_THAT(toy.lines(), Contains(stt("Hello?")));
}

TEST(XiaozhiCore, BrokenPacketsAreCountedAndTheRestIsHeard) {
  XiaozhiFixture toy({.heard = {"Hello?"}});
  toy.open();
  toy.say(kListenAuto);
  const std::string broken("\x03\xFF\xFF", 3);
  toy.push(DevicePacket{toy.buffers.copy_of(std::as_bytes(std::span(broken)))});
  toy.push(DevicePacket{});
  toy.push(DeviceNoise{"no JSON"});
  toy.ask();
  EXPECT_THAT(toy.lines(), Contains(stt("Hello?")));
  EXPECT_THAT(toy.metrics.render(), HasSubstr("parley_xiaozhi_bad_packets_total 2"));
  EXPECT_THAT(toy.metrics.render(), HasSubstr("parley_xiaozhi_bad_messages_total 1"));
}

TEST(XiaozhiCore, SocketsThatSayNothingAreClosed) {
  XiaozhiFixture toy;
  toy.connect();
  toy.rest(9s);
  EXPECT_FALSE(toy.link->close_code);
  toy.rest(2s);
  EXPECT_EQ(toy.link->close_code, 1008);

  XiaozhiFixture idle;
  idle.open();
  idle.say(kListenAuto);
  idle.be_silent(30s);
  idle.rest(89s);
  EXPECT_FALSE(idle.link->close_code);
  idle.rest(2s);
  EXPECT_EQ(idle.link->close_code, 1000);
}

TEST(XiaozhiCore, OnlyOpusIsSpoken) {
  XiaozhiFixture toy;
  toy.connect();
  toy.say(R"({"type":"hello","audio_params":{"format":"pcm"}})");
  EXPECT_EQ(toy.link->close_code, 1008);
}

TEST(XiaozhiCore, AGoodbyeEndsItAndAPingIsAnswered) {
  XiaozhiFixture toy;
  toy.open();
  toy.say(R"({"type":"ping"})");
  EXPECT_THAT(toy.lines(), ElementsAre(R"({"type":"pong"})"));
  toy.say(R"({"type":"goodbye"})");
  EXPECT_EQ(toy.link->close_code, 1000);
}

TEST(XiaozhiCore, DrainingWaitsForTheReply) {
  XiaozhiFixture toy({.llm = {.replies = {{.text = "Good night."}}}, .heard = {"Good night."}});
  toy.open();
  toy.say(kListenAuto);
  toy.ask();
  toy.service.drain();
  toy.runtime.run_until_idle();
  EXPECT_FALSE(toy.link->close_code);
  toy.rest(3s);
  EXPECT_EQ(toy.link->close_code, 1001);
  EXPECT_EQ(toy.lines().back(), kStop);
  EXPECT_FALSE(toy.service.open({}, toy.link));
}

TEST(XiaozhiCore, AConnectionThatIsTooFastWaits) {
  XiaozhiFixture toy;
  toy.open();
  std::size_t taken = 0;
  while (toy.session->push(protocol::DeviceMessage{}) == PushResult::accepted) ++taken;
  EXPECT_EQ(taken, kXiaozhiEventsWaitingMax);
  toy.runtime.run_until_idle();
  EXPECT_EQ(toy.link->resumed, 1);
  EXPECT_EQ(toy.session->push(protocol::DeviceMessage{}), PushResult::accepted);
}

TEST(XiaozhiCore, AKeysLimitsAreItsDevices) {
  auto allowance = std::make_shared<test::SmallAllowance>();
  XiaozhiOptions options;
  options.prices.output_text = 1000.0;
  XiaozhiFixture toy(
      {.llm = {.replies = {{.text = "Four."}}}, .service = options, .allowance = allowance});
  toy.open();
  toy.say(listen(R"("detect","text":"Two and two?")"));
  toy.rest(3s);
  EXPECT_EQ(toy.lines().back(), kStop);
  EXPECT_GT(allowance->paid, 0);
  toy.say(listen(R"("detect","text":"And two?")"));
  EXPECT_THAT(toy.lines(), ElementsAre(stt("And two?"), AllOf(StartsWith(R"({"type":"alert")"),
                                                              HasSubstr("No more today."))));
  toy.say(kListenAuto);
  toy.speak(1980ms);
  EXPECT_FALSE(toy.link->close_code);
  toy.speak(60ms);
  EXPECT_EQ(toy.link->close_code, 1008);
  EXPECT_EQ(toy.link->close_reason, "Enough was said.");
}

TEST(XiaozhiCore, DrainingWaitsUntilItIsKnownWhoSpoke) {
  XiaozhiFixture toy({.heard = {"Two and two?"}, .enrolled_only = true});
  toy.open();
  toy.say(kListenAuto);
  toy.ask();
  toy.service.drain();
  toy.rest(1s);
  EXPECT_FALSE(toy.link->close_code);
  toy.speakers.answer(1.0F);
  toy.rest(100ms);
  EXPECT_THAT(toy.lines(), Contains(kStart));
  toy.rest(5s);
  EXPECT_EQ(toy.link->close_code, 1001);
}

TEST(XiaozhiService, AGateIsSaidInTheWordsOfTheSettingAndNeedsAModel) {
  const XiaozhiFixture toy;
  EXPECT_TRUE(*toy.service.parse_gate("enrolled"));
  EXPECT_FALSE(*toy.service.parse_gate("off"));
  EXPECT_THAT(toy.service.parse_gate("on").error().message,
              AllOf(HasSubstr("gate = 'on'"), HasSubstr("'enrolled'")));
  const XiaozhiFixture without({.has_speakers = false});
  EXPECT_THAT(without.service.parse_gate("enrolled").error().message, HasSubstr("speakers.model"));
  EXPECT_FALSE(*without.service.parse_gate("off"));
}

TEST(XiaozhiService, PlacesAreLimitedAndGivenBack) {
  XiaozhiOptions options;
  options.sessions_max = 1;
  XiaozhiFixture toy({.service = options});
  toy.connect();
  auto second = toy.service.open({}, toy.link);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::resource_exhausted);
  toy.session->close();
  EXPECT_EQ(toy.service.sessions(), 0U);
  EXPECT_TRUE(toy.service.open({}, toy.link));
}

}  // namespace
}  // namespace parley::service
