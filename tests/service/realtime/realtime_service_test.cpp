// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/realtime_service.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/realtime/realtime_fixture.h"

namespace parley::test {
namespace {

using ::testing::HasSubstr;

Result<std::shared_ptr<service::RealtimeSession>> open(RealtimeFixture& call,
                                                       std::shared_ptr<RecordingLink> link) {
  return call.service.open({.model = "m"}, std::move(link));
}

TEST(RealtimeService, RefusesSessionsBeyondItsLimit) {
  FixtureOptions options;
  options.service.sessions_max = 2;
  RealtimeFixture call(std::move(options));
  auto first = open(call, std::make_shared<RecordingLink>());
  auto second = open(call, std::make_shared<RecordingLink>());
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(open(call, std::make_shared<RecordingLink>()).error().code,
            ErrorCode::resource_exhausted);
  EXPECT_EQ(call.service.sessions(), 2U);
  (*first)->close();
  EXPECT_TRUE(open(call, std::make_shared<RecordingLink>()));
}

TEST(RealtimeService, GivesEachSessionIdsOfItsOwn) {
  RealtimeFixture call;
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    ids.insert((*open(call, std::make_shared<RecordingLink>()))->id());
  }
  EXPECT_EQ(ids.size(), 50U);
}

TEST(RealtimeService, ReplaysFrameByFrameWithTheSameSeed) {
  const auto run = [] {
    RealtimeFixture call({.llm = {.replies = {{.text = "It is a fine day."}}}});
    call.open();
    call.speak(Millis(600));
    call.be_silent(Millis(900));
    call.rest(Millis(3000));
    return std::vector<std::string>(call.link->frames.begin(), call.link->frames.end());
  };
  const std::vector<std::string> first = run();
  EXPECT_GT(first.size(), 15U);
  EXPECT_EQ(first, run());
}

TEST(RealtimeService, StartsFromTheServersDefaults) {
  FixtureOptions options;
  options.service.defaults.instructions = "Be kind";
  options.service.defaults.turn.silence = Millis(700);
  options.service.defaults.turn.threshold = 0.3F;
  RealtimeFixture call(std::move(options));
  auto link = std::make_shared<RecordingLink>();
  auto session = call.service.open({.model = "m", .voice = "marin"}, link);
  ASSERT_TRUE(session);
  call.runtime.run_until_idle();
  EXPECT_THAT(link->frames.front(), HasSubstr(R"("instructions":"Be kind")"));
  EXPECT_THAT(link->frames.front(), HasSubstr(R"("silence_duration_ms":700)"));
  EXPECT_THAT(link->frames.front(), HasSubstr(R"("threshold":0.3,)"));
  EXPECT_THAT(link->frames.front(), HasSubstr(R"("voice":"marin")"));
}

TEST(RealtimeService, AppliesTheSessionOfASecret) {
  RealtimeFixture call;
  auto link = std::make_shared<RecordingLink>();
  auto patch = std::make_unique<protocol::SessionPatch>();
  patch->instructions = "Minted";
  auto session = call.service.open({.model = "m", .session = std::move(patch)}, link);
  ASSERT_TRUE(session);
  call.runtime.run_until_idle();
  EXPECT_THAT(link->frames.front(), HasSubstr(R"("instructions":"Minted")"));

  auto wrong = std::make_unique<protocol::SessionPatch>();
  wrong->model = "other";
  EXPECT_EQ(call.service.open({.model = "m", .session = std::move(wrong)}, link).error().code,
            ErrorCode::invalid_argument);
  EXPECT_EQ(call.service.sessions(), 1U);
}

TEST(RealtimeService, DrainingLetsRepliesFinish) {
  RealtimeFixture call(
      {.llm = {.replies = {{.text = "An answer of several words."}}, .token_delay = Millis(50)}});
  auto idle = std::make_shared<RecordingLink>();
  auto idle_session = open(call, idle);
  call.open();
  call.client(R"({"type":"response.create"})");
  EXPECT_FALSE(call.session->idle());
  call.service.drain();
  call.runtime.run_until_idle();
  EXPECT_EQ(idle->close_code, 1001);
  EXPECT_EQ(call.link->close_code, std::nullopt);
  EXPECT_EQ(open(call, std::make_shared<RecordingLink>()).error().code, ErrorCode::unavailable);
  call.rest(Millis(5000));
  EXPECT_THAT(call.link->frames.back(), HasSubstr(R"({"type":"response.done")"));
  EXPECT_THAT(call.link->frames.back(), HasSubstr(R"("status":"completed")"));
  EXPECT_EQ(call.link->close_code, 1001);
}

// A client's nonsense is answered in its own session and felt in no other.
TEST(RealtimeService, KeepsSessionsApart) {
  RealtimeFixture call({.llm = {.replies = {{.text = "Yes."}}}});
  call.open();
  auto link = std::make_shared<RecordingLink>();
  auto other = open(call, link);
  for (const char* bad : {"", "{", "[]", R"({"type":"x"})", R"({"type":"response.cancel"})",
                          R"({"type":"input_audio_buffer.append","audio":"%%%"})",
                          R"({"type":"session.update","session":{"type":"realtime","x":1}})"}) {
    EXPECT_EQ((*other)->push(protocol::parse_client_event(bad, call.buffers)),
              service::PushResult::accepted);
  }
  EXPECT_EQ((*other)->push(protocol::binary_frame_error()), service::PushResult::accepted);
  call.client(R"({"type":"response.create"})");
  call.rest(Millis(2000));
  EXPECT_EQ(link->frames.size(), 1U + 8U);
  for (std::size_t i = 1; i < link->frames.size(); ++i) {
    EXPECT_THAT(link->frames[i], HasSubstr(R"("type":"error")"));
  }
  EXPECT_THAT(call.link->frames.back(), HasSubstr(R"("status":"completed")"));
  for (const std::string& frame : call.link->frames) {
    EXPECT_THAT(frame, ::testing::Not(HasSubstr(R"("type":"error")")));
  }
  // And it lives on.
  EXPECT_EQ((*other)->push(protocol::parse_client_event(
                R"({"type":"session.update","session":{"type":"realtime"}})", call.buffers)),
            service::PushResult::accepted);
  call.rest(Millis(10));
  EXPECT_THAT(link->frames.back(), HasSubstr("session.updated"));
}

}  // namespace
}  // namespace parley::test
