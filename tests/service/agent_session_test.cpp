// SPDX-License-Identifier: Apache-2.0
//
// What devices and calls have in common; what each makes of it is tested beside it.
#include "service/agent_session.h"

#include <gtest/gtest.h>

#include "tests/service/twilio/call_fixture.h"
#include "tests/service/xiaozhi/xiaozhi_fixture.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""s;
using test::CallFixture;
using test::XiaozhiFixture;

TEST(AgentSession, WordsAskForRepliesAndBehindAGateWhoseTheyAre) {
  agent::AgentSettings wanted;
  wanted.audio = false;
  wanted.enrolled_only = true;
  wanted.voice = "joe";
  const agent::InputFormat format{media::Codec::pcmu, 8'000};
  const agent::AgentSettings made = worded_settings(wanted, format, {media::Codec::pcm16, 24'000});
  EXPECT_TRUE(made.audio && made.transcription && made.judge_turns);
  EXPECT_FALSE(made.turn.create_response);
  EXPECT_EQ(made.input_format.rate, 8'000);
  EXPECT_EQ(made.output_format.rate, 24'000);
  EXPECT_EQ(made.voice, "joe");
  wanted.enrolled_only = false;
  EXPECT_FALSE(worded_settings(wanted, format, {}).judge_turns);
}

TEST(AgentSession, ASessionThatIsGoneTakesNothingAndGivesItsPlaceBackOnce) {
  XiaozhiFixture toy;
  toy.open();
  CallFixture call;
  call.open();
  for (int i = 0; i < 2; ++i) {
    toy.session->close();
    call.session->close();
    EXPECT_EQ(toy.service.sessions(), 0U);
    EXPECT_EQ(call.service.sessions(), 0U);
  }
  EXPECT_EQ(toy.session->push(DevicePacket{}), PushResult::closed);
  EXPECT_EQ(call.session->push(protocol::CallStop{}), PushResult::closed);
  call.session->finish();
  call.runtime.run_for(1s);
  EXPECT_FALSE(call.link->close_code) << "the link is not touched any more";
}

TEST(AgentSession, ItEndsWhenItHasLastedItsTime) {
  XiaozhiOptions devices;
  devices.session_max = 60s;
  XiaozhiFixture toy({.service = devices});
  toy.open();
  CallOptions calls;
  calls.session_max = 60s;
  CallFixture call({.service = calls});
  call.open();
  toy.runtime.run_for(59s);
  call.runtime.run_for(59s);
  EXPECT_FALSE(toy.link->close_code || call.link->close_code);
  toy.runtime.run_for(2s);
  call.runtime.run_for(2s);
  EXPECT_EQ(toy.link->close_code, 1000);
  EXPECT_EQ(call.link->close_code, 1000);
}

}  // namespace
}  // namespace parley::service
