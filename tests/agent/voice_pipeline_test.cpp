// SPDX-License-Identifier: Apache-2.0
#include "agent/voice_pipeline.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/agent/rough_call.h"
#include "tests/support/allocation_counter.h"

namespace parley::agent {
namespace {

using namespace std::chrono_literals;
using test::RoughCall;

TEST(VoicePipeline, HasTheOperatorsOfTheHopList) {
  RoughCall call;
  operators::InputBuffer input;
  operators::SpeechSettings speech;
  const AgentContext context = {call.runtime.clock,
                                call.runtime.timers,
                                call.buffers,
                                call.metrics,
                                call.vad,
                                call.asr,
                                call.llm,
                                call.tts,
                                nullptr};
  const Result<VoicePipeline> voice =
      make_voice_pipeline(context, call.settings, input, speech, exec::Waker());
  ASSERT_TRUE(voice) << voice.error().message;
  for (const char* node :
       {"decode", "resample", "noise", "vad", "turn", "asr", "llm", "clause", "tts", "playout"}) {
    EXPECT_NE(voice->pipeline->find(node), nullptr) << node;
  }
  EXPECT_NE(voice->reply.packets, nullptr);
}

TEST(VoicePipeline, ListeningHearsWhatASessionHears) {
  RoughCall call;
  operators::InputBuffer input;
  Result<ListeningPipeline> listening =
      make_listening_pipeline({call.runtime.clock, call.runtime.timers, call.buffers, call.metrics,
                               call.vad, call.asr, nullptr},
                              call.settings, input, exec::Waker());
  ASSERT_TRUE(listening);
  auto& inlet = listening->pipeline->inlet<media::EncodedAudio>("input");
  const auto hear = [&](const std::vector<float>& samples) {
    for (std::size_t at = 0; at < samples.size(); at += 480) {
      media::EncodedAudio audio;
      audio.format = {.rate = 24'000, .channels = 1};
      audio.bytes = call.buffers.take(480 * sizeof(std::int16_t));
      codec::encode(audio.codec, std::span(samples).subspan(at, 480), audio.bytes.writable());
      ASSERT_TRUE(inlet.push(std::move(audio)));
      listening->pipeline->run(1000);
      call.runtime.run_until_idle();
      listening->pipeline->run(1000);
    }
  };
  hear(test::sine(24'000, 220.0, 24'000, 0.3));
  hear(test::silence(24'000));
  auto& turns = listening->pipeline->outlet<media::TurnEvent>("turns");
  std::vector<media::TurnEvent::Kind> kinds;
  while (!turns.empty()) kinds.push_back(turns.pop().kind);
  using Kind = media::TurnEvent::Kind;
  EXPECT_EQ(kinds, (std::vector<Kind>{Kind::started, Kind::paused, Kind::ended}));
}

/// Lets two seconds pass inside of the call in which a frame leaves `port`.
class SlowPort final : public graph::Tap {
 public:
  SlowPort(exec::ManualRuntime& runtime, std::string_view port) : runtime_(runtime), port_(port) {}
  void on_push(const graph::TapPoint& point, const media::FrameHeader& /*head*/,
               std::size_t /*type*/, Instant /*now*/) noexcept override {
    if (point.node == port_) runtime_.run_for(2s);
  }

 private:
  exec::ManualRuntime& runtime_;
  const std::string_view port_;
};

TEST(VoicePipeline, AnOperatorThatStallsIsNamedWithItsSession) {
  RoughCall call;
  operators::InputBuffer input;
  SlowPort slow(call.runtime, "resample");
  std::vector<std::string> stalls;
  graph::Watchdog watchdog({.stall = 1s,
                            .handler =
                                [&](const graph::Stall& stall) {
                                  stalls.push_back(stall.pipeline + ": " + stall.node);
                                }},
                           call.runtime.clock, call.runtime.timers, call.runtime.executor,
                           call.metrics);
  call.runtime.run_until_idle();
  Result<ListeningPipeline> listening =
      make_listening_pipeline({.clock = call.runtime.clock,
                               .timers = call.runtime.timers,
                               .buffers = call.buffers,
                               .metrics = call.metrics,
                               .vad = call.vad,
                               .asr = call.asr,
                               .tap = &slow,
                               .watchdog = &watchdog,
                               .name = "sess_1"},
                              call.settings, input, exec::Waker());
  ASSERT_TRUE(listening);
  media::EncodedAudio audio;
  audio.format = {.rate = 24'000, .channels = 1};
  audio.bytes = call.buffers.take(480 * sizeof(std::int16_t));
  ASSERT_TRUE(listening->pipeline->inlet<media::EncodedAudio>("input").push(std::move(audio)));
  listening->pipeline->run(1000);
  EXPECT_EQ(stalls, std::vector<std::string>{"sess_1: resample"});
  EXPECT_NE(call.metrics.render().find("parley_graph_stalls_total{node=\"resample\"} 1"),
            std::string::npos);
}

TEST(VoicePipeline, ListeningAllocatesNothingOnceItIsWarm) {
  RoughCall call;
  const std::vector<float> quiet = test::silence(480);
  const auto listen = [&](int frames) {
    for (int i = 0; i < frames; ++i) ASSERT_TRUE(call.append_frame(quiet));
  };
  listen(500);
  const std::uint64_t before = test::allocations();
  listen(500);
  EXPECT_EQ(test::allocations() - before, 0U);
}

}  // namespace
}  // namespace parley::agent
