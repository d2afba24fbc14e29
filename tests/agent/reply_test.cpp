// SPDX-License-Identifier: Apache-2.0
//
// The ladder of one reply, in and beside a conversation, however it ends. The LadderListener checks
// the events against each other; the tests look at what is kept.
#include "agent/reply.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "agent/prompt.h"
#include "tests/agent/rough_call.h"

namespace parley::agent {
namespace {

using namespace std::chrono_literals;
using model::LlmDelta;
using test::RoughCall;

/// A reply that is not started by an agent: what it drains is put there by hand.
class ReplyTest : public ::testing::Test {
 protected:
  ReplyTest() {
    Result<ReplyPipeline> made =
        make_reply_pipeline({call_.runtime.clock, call_.runtime.timers, call_.buffers,
                             call_.metrics, call_.vad, call_.asr, call_.llm, call_.tts, nullptr},
                            speech_, exec::Waker());
    EXPECT_TRUE(made);
    voice_ = std::move(*made);
    voice_.pipeline->set_turn(media::Turn{1});
  }
  Reply& start(bool audio, Conversation* conversation) {
    speech_.audio = audio;
    Response response;
    response.id = "resp_1";
    response.audio = audio;
    response.out_of_band = conversation == nullptr;
    reply_ = std::make_unique<Reply>(
        std::move(response), call_.events, conversation,
        [this](std::string_view prefix) {
          return std::string(prefix) + std::to_string(++last_id_);
        },
        Reply::Timing{call_.runtime.clock, Instant{}, {}});
    return *reply_;
  }
  /// The model says `script`; true when the reply is over after it.
  bool drain(std::vector<LlmDelta> script,
             model::LlmCall::Finish finish = model::LlmCall::Finish::stop) {
    call_.llm.script = std::move(script);
    call_.llm.script_finish = finish;
    voice_.llm->generate(std::make_shared<model::LlmCall>(), media::Turn{1});
    return drain();
  }
  bool drain() {
    for (int i = 0; i < 20; ++i) {
      voice_.pipeline->run(1000);
      call_.runtime.run_until_idle();
      if (reply_->drain(voice_.reply)) return true;
    }
    return false;
  }

  RoughCall call_;
  operators::SpeechSettings speech_{.audio = true, .voice = "", .lead = 0ms};
  ReplyPipeline voice_;
  Conversation conversation_;
  std::unique_ptr<Reply> reply_;
  int last_id_ = 0;
};

TEST_F(ReplyTest, SaysThatItExistsAndThatItIsOver) {
  Reply& reply = start(true, &conversation_);
  reply.close(Response::Status::cancelled, Response::Reason::client_cancelled);
  reply.close(Response::Status::failed, Response::Reason::none);
  ASSERT_EQ(call_.events.log.size(), 2U);
  EXPECT_EQ(call_.events.log[1], "response_done resp_1 2 ");
  EXPECT_TRUE(reply.closed());
}

TEST_F(ReplyTest, KeepsInTheConversationWhatItSaid) {
  start(true, &conversation_);
  EXPECT_TRUE(drain({{LlmDelta::Kind::text, "One two. "}, {LlmDelta::Kind::text, "Three."}}));
  const Item& item = conversation_.items().back();
  EXPECT_EQ(item.status, Item::Status::completed);
  EXPECT_EQ(item.content.at(0).text, "One two. Three.");
  EXPECT_EQ(item.content.at(0).clauses.size(), 2U);
  EXPECT_NEAR(static_cast<double>(item.content.at(0).audio.duration().ms()), 14 * 60.0, 5.0);
}

TEST_F(ReplyTest, WordTimesCountFromTheStartOfThePart) {
  start(true, &conversation_);
  EXPECT_TRUE(drain({{LlmDelta::Kind::text, "One two. "}, {LlmDelta::Kind::text, "Three."}}));
  const std::vector<const Item*> both{&conversation_.items().back(),
                                      &reply_->response().output.at(0)};
  for (const Item* const item : both) {
    const std::vector<media::WordTime> words =
        word_times(item->content.at(0), media::MediaTime::from_ms(10'000));
    ASSERT_EQ(words.size(), 3U);
    EXPECT_EQ(words[1].text, "two.");
    EXPECT_NEAR(static_cast<double>(words[1].begin.ms()), 4 * 60.0, 2.0);
    EXPECT_EQ(words[2].text, "Three.");
    EXPECT_NEAR(static_cast<double>(words[2].begin.ms()), 8 * 60.0, 2.0);
  }
}

TEST_F(ReplyTest, KeepsNoMoreMemoryThanItsAudioNeeds) {
  start(true, &conversation_);
  EXPECT_TRUE(drain({{LlmDelta::Kind::text, "One two three four five six seven, and some more."}}));
  const std::vector<std::int16_t>& samples =
      conversation_.items().back().content.at(0).audio.samples;
  EXPECT_GT(samples.size(), 60'000U);
  EXPECT_EQ(samples.capacity(), samples.size());
}

TEST_F(ReplyTest, BesideAConversationItKeepsNothing) {
  start(false, nullptr);
  EXPECT_TRUE(drain({{LlmDelta::Kind::text, "aside"}}));
  EXPECT_EQ(reply_->response().output.at(0).content.at(0).text, "aside");
  EXPECT_EQ(call_.count("item_added"), 0);
}

TEST_F(ReplyTest, TextEndsBeforeTheCallThatFollowsIt) {
  start(false, &conversation_);
  EXPECT_TRUE(drain({{LlmDelta::Kind::text, "wait"},
                     {LlmDelta::Kind::tool_name, "look"},
                     {LlmDelta::Kind::tool_arguments, "{}"},
                     {LlmDelta::Kind::text, "done"}}));
  const std::vector<Item>& output = reply_->response().output;
  ASSERT_EQ(output.size(), 3U);
  EXPECT_EQ(output[0].content.at(0).text, "wait");
  EXPECT_EQ(output[1].arguments, "{}");
  EXPECT_EQ(output[2].content.at(0).text, "done");
}

TEST_F(ReplyTest, ACallIsToldWhileTheMessageBeforeItIsStillSpoken) {
  start(true, &conversation_);
  speech_.lead = 100ms;
  EXPECT_FALSE(drain({{LlmDelta::Kind::text, "A preamble of more than a second."},
                      {LlmDelta::Kind::tool_name, "look"},
                      {LlmDelta::Kind::tool_arguments, "{}"}},
                     model::LlmCall::Finish::tool_call));
  EXPECT_EQ(call_.count("arguments_done"), 1);
  EXPECT_EQ(call_.count("audio_done"), 0);
  reply_->close(Response::Status::cancelled, Response::Reason::turn_detected);
  EXPECT_EQ(reply_->response().output.at(0).status, Item::Status::incomplete);
  EXPECT_EQ(reply_->response().output.at(1).status, Item::Status::completed);
}

TEST_F(ReplyTest, TheLimitCutsTheCallAndNotTheMessageBeforeIt) {
  start(true, &conversation_);
  EXPECT_TRUE(drain({{LlmDelta::Kind::text, "Wait."},
                     {LlmDelta::Kind::tool_name, "look"},
                     {LlmDelta::Kind::tool_arguments, "{\"a"}},
                    model::LlmCall::Finish::length));
  EXPECT_EQ(reply_->response().status, Response::Status::incomplete);
  EXPECT_EQ(reply_->response().output.at(0).status, Item::Status::completed);
  EXPECT_EQ(reply_->response().output.at(1).status, Item::Status::incomplete);
}

TEST_F(ReplyTest, AnEmptyReplyIsAReply) {
  for (const bool audio : {false, true}) {
    start(audio, &conversation_);
    EXPECT_TRUE(drain({{LlmDelta::Kind::text, ""}}));
    EXPECT_EQ(reply_->response().status, Response::Status::completed);
    EXPECT_TRUE(reply_->response().output.empty());
  }
}

TEST_F(ReplyTest, SaysNothingAfterItsEnd) {
  start(true, &conversation_);
  reply_->close(Response::Status::cancelled, Response::Reason::turn_detected);
  EXPECT_TRUE(drain({{LlmDelta::Kind::text, "too late"}}));
  EXPECT_EQ(call_.events.log.size(), 2U);
}

}  // namespace
}  // namespace parley::agent
