// SPDX-License-Identifier: Apache-2.0
//
// The load client against a whole server with stand-in models, over real sockets.
#include "cli/bench_talk.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/metrics.h"
#include "cli/bench_server.h"
#include "server/engine.h"
#include "server/server.h"
#include "tests/support/audio.h"

namespace parley::cli {
namespace {

using ::testing::HasSubstr;

bool never_stopped() { return false; }

class BenchTalkTest : public ::testing::Test {
 protected:
  BenchTalkTest() {
    config.server.port = 0;
    config.models.fake = true;
    config.playout.lead_ms = 0;
    config.turn.silence_ms = 200;
    options.pause = Millis(0);
    options.spread = Millis(0);
    options.settle = Millis(0);
    clips.push_back(cut_clip("tone", test::sine(kBenchRate / 2, 220.0, kBenchRate, 0.3)));
  }
  void SetUp() override {
    auto started = server::Server::start(config, metrics);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    auto loaded = server::Engine::load(config, metrics, {});
    ASSERT_TRUE(loaded) << loaded.error().message;
    engine = std::move(*loaded);
    service = std::make_unique<service::RealtimeService>(engine->agent_context(), engine->pool(),
                                                         server::realtime_options(config));
    target.port = server->port();
  }
  // The server's threads use the rest.
  void TearDown() override { server->stop(); }
  void serve() { server->serve(*service, engine->buffers()); }

  Config config;
  Metrics metrics;
  std::unique_ptr<server::Engine> engine;
  std::unique_ptr<service::RealtimeService> service;
  std::unique_ptr<server::Server> server;
  BenchTarget target;
  BenchTalkOptions options;
  std::vector<BenchClip> clips;
};

TEST_F(BenchTalkTest, EveryTurnOfEverySessionIsTimed) {
  serve();
  options.sessions = 3;
  options.turns = 2;
  options.code_words = true;  // keeps the audio
  const auto result = bench_talk(target, clips, options, never_stopped);
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->turns.size(), 6U);
  for (const BenchTurn& turn : result->turns) {
    EXPECT_EQ(turn.problem, "");
    EXPECT_FALSE(turn.split);
    ASSERT_TRUE(turn.stopped);
    EXPECT_GE(*turn.stopped - turn.speech_end, Millis(150));
    EXPECT_EQ(turn.audio.size(), turn.audio_bytes);
    EXPECT_THAT(turn.said, HasSubstr("heard"));
    EXPECT_TRUE(turn.timeline.first_audio_ms);
  }
  EXPECT_TRUE(bench_passed(*result));
  EXPECT_EQ(result->llm->name, "fake");
  EXPECT_GT(result->frames, 100U);
}

TEST_F(BenchTalkTest, IdleSessionsAreWeighed) {
  serve();
  options.sessions = 4;
  const auto result = bench_idle(target, clips, options, 8, ::getpid(), never_stopped);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->turns.size(), 8U);
  EXPECT_TRUE(bench_passed(*result));
  ASSERT_TRUE(result->memory);
  EXPECT_EQ(result->memory->sessions, 8U);
  EXPECT_GT(result->memory->before_bytes, 0U);
}

TEST_F(BenchTalkTest, RefusedSessionsAreTurnsWithoutAnAnswer) {
  options.turns = 1;  // the server is still starting
  const auto result = bench_talk(target, clips, options, never_stopped);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->turns.size(), 1U);
  EXPECT_THAT(result->turns[0].problem, HasSubstr("503"));
  EXPECT_FALSE(bench_passed(*result));
}

TEST_F(BenchTalkTest, NobodyListens) {
  server->stop();
  const auto result = bench_talk(target, clips, options, never_stopped);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->turns.at(0).problem, HasSubstr("connect"));
}

TEST_F(BenchTalkTest, BadSettingsAreNamed) {
  serve();
  options.silence_ms = 99'999'999;
  const auto result = bench_talk(target, clips, options, never_stopped);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->turns.at(0).problem, HasSubstr("silence_duration_ms"));
}

TEST_F(BenchTalkTest, StopsWhenAsked) {
  serve();
  int looks = 0;
  const auto result = bench_talk(target, clips, options, [&looks] { return ++looks > 10; });
  ASSERT_TRUE(result);
}

TEST(BenchUpdate, SaysWhatTheOptionsSay) {
  EXPECT_EQ(bench_update({.max_output_tokens = 0}, 0),
            R"({"type":"session.update","session":{"type":"realtime"}})");
  const std::string full = bench_update(
      {.instructions_tokens = 200, .max_output_tokens = 40, .silence_ms = 700, .code_words = true},
      1);
  EXPECT_THAT(full, HasSubstr(R"("max_output_tokens":40)"));
  EXPECT_THAT(full, HasSubstr(R"("silence_duration_ms":700)"));
  EXPECT_THAT(full, HasSubstr("The code word is elephant."));
  EXPECT_GT(full.size(), 800U);
  EXPECT_EQ(bench_instructions(0), "");
  EXPECT_GT(bench_instructions(2000).size(), 7000U);
}

TEST(BenchServer, SaysWhenTheProgramIsNone) {
  const auto none = BenchServer::start("/nowhere/parley", {});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("has ended"));
  const auto other = BenchServer::start("/bin/echo", {});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("said: serve --port 0"));
}

TEST(BenchServer, MemoryOfAProcess) {
  EXPECT_GT(*resident_bytes(::getpid()), 1'000'000U);
  EXPECT_FALSE(resident_bytes(-1));
}

}  // namespace
}  // namespace parley::cli
