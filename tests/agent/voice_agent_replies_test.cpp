// SPDX-License-Identifier: Apache-2.0
//
// What the model reads for a reply, and how far ahead of its playback it goes.
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/agent_fixture.h"

namespace parley::agent {
namespace {

using namespace std::chrono_literals;
using test::AgentFixture;
using ::testing::ElementsAre;

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

}  // namespace
}  // namespace parley::agent
