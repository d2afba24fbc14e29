// SPDX-License-Identifier: Apache-2.0
//
// `Runner::run` waits for operators that wait: for a model host, and for the time of a packet.
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "graph/runner.h"
#include "media/buffer_pool.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "operators/audio/decode_operator.h"
#include "operators/playout/playout_operator.h"
#include "operators/vad/vad_operator.h"

namespace parley::operators {
namespace {

using graph::Runner;

class OneShotTest : public ::testing::TestWithParam<graph::SchedulerType> {};

TEST_P(OneShotTest, EndsWhenTheLastAnswerAndTheLastPacketAreOut) {
  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool buffers;
  model::FakeVadModel model;
  model::VadModelHost host(model, {.name = "vad"}, runtime.executor, runtime.clock, metrics);
  const TurnSettings turn;
  const SpeechSettings speech{.voice = "", .rate = 16'000, .lead = Millis(200)};
  graph::GraphSpec spec;
  spec.add("decode", std::make_unique<DecodeOperator>(buffers));
  spec.add("vad", std::make_unique<VadOperator>(host, turn));
  spec.add("playout", std::make_unique<PlayoutOperator>(buffers, speech));
  spec.connect("decode.audio", "vad.audio").connect("decode.audio", "playout.audio");
  spec.inlet<media::EncodedAudio>("in", "decode.input", {.rate_hz = 16'000});
  spec.outlet<media::SpeechEvent>("speech", "vad.speech");
  spec.outlet<media::EncodedAudio>("packets", "playout.packets");
  const auto runner = *Runner::open(std::move(spec), {.scheduler = GetParam()},
                                    {.clock = runtime.clock,
                                     .timers = runtime.timers,
                                     .metrics = metrics,
                                     .virtual_time = &runtime});
  std::vector<media::Frame> seconds;
  for (int i = 0; i < 10; ++i) {
    media::EncodedAudio frame;
    frame.format = {.rate = 16'000, .channels = 1};
    frame.bytes = buffers.take(16'000 * 2);
    seconds.emplace_back(std::move(frame));
  }
  const Result<graph::FramesByName> out = runner->run({{"in", std::move(seconds)}});
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->at("speech").size(), 160'000U / 512U);
  EXPECT_EQ(out->at("packets").size(), 100U);
  // The last packet leaves 200 ms before it is played.
  EXPECT_GE(runtime.clock.now(), Instant{Millis(9'700)});
  EXPECT_LE(runtime.clock.now(), Instant{Millis(10'000)});
}

/// Says three windows and is done.
class ThreeWindows final : public graph::Operator {
 public:
  explicit ThreeWindows(media::BufferPool& buffers) : buffers_(buffers) {}
  Result<graph::Progress> process(graph::ProcessContext& /*context*/) override {
    media::AudioFrame frame;
    frame.samples = buffers_.take_floats(3 * model::kVadWindowSamples);
    out_.push(std::move(frame));
    return graph::Progress::finished;
  }

 private:
  media::BufferPool& buffers_;
  graph::Out<media::AudioFrame> out_{*this, "audio", {.rate_hz = model::kVadRate, .channels = 1}};
};

TEST(OneShotOfASource, WaitsForWhatItsModelBeganBefore) {
  exec::ManualRuntime runtime;
  exec::ManualRuntime models;  // another thread, which runs when we say so
  Metrics metrics;
  media::BufferPool buffers;
  model::FakeVadModel model;
  model::VadModelHost host(model, {.name = "vad"}, models.executor, models.clock, metrics);
  const TurnSettings turn;
  graph::GraphSpec spec;
  spec.add("source", std::make_unique<ThreeWindows>(buffers));
  spec.add("vad", std::make_unique<VadOperator>(host, turn));
  spec.connect("source.audio", "vad.audio");
  spec.outlet<media::SpeechEvent>("speech", "vad.speech");
  const auto runner = *Runner::open(std::move(spec), {.scheduler = graph::SchedulerType::async},
                                    {.clock = runtime.clock,
                                     .timers = runtime.timers,
                                     .metrics = metrics,
                                     .virtual_time = &runtime});
  runtime.run_until_idle();  // the source is done, its first window is in the model's queue

  std::future<Result<graph::FramesByName>> future = runner->run_async({});
  const auto is_ready = [&] {
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  for (int window = 0; window < 3; ++window) {
    runtime.run_until_idle();
    EXPECT_FALSE(is_ready());
    models.run_until_idle();
  }
  runtime.run_until_idle();
  ASSERT_TRUE(is_ready());
  EXPECT_EQ(future.get()->at("speech").size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(EachScheduler, OneShotTest,
                         ::testing::Values(graph::SchedulerType::sync, graph::SchedulerType::async),
                         [](const ::testing::TestParamInfo<graph::SchedulerType>& scheduler) {
                           return std::string(
                               scheduler.param == graph::SchedulerType::sync ? "Sync" : "Async");
                         });

}  // namespace
}  // namespace parley::operators
