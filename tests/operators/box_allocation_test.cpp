// SPDX-License-Identifier: Apache-2.0
//
// The operators of the box allocate nothing once they are warm, whatever the length of the frames.
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "graph/pipeline.h"
#include "graph/registry.h"
#include "operators/register_all.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/audio.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using media::TensorFrame;

constexpr int kRate = 16'000;
constexpr std::size_t kSamplesMax = 480;
constexpr int kWarmRounds = 400;  // the longest frame comes within them

struct Case {
  std::string kind;
  graph::OptionMap options;
  std::vector<std::string> inputs;  // of audio
  std::string output;
  bool gives_tensors = false;
};

void PrintTo(const Case& with, std::ostream* out) { *out << with.kind; }

class Box : public testing::TestWithParam<Case> {};

/// Allocations of the rounds after the warm ones.
template <typename Out>
std::uint64_t allocations_when_warm(const Case& with) {
  media::BufferPool pool;
  exec::ManualRuntime runtime;
  Metrics metrics;
  graph::Registry registry;
  register_all_operators(registry, {.buffers = pool});
  auto made = registry.make(with.kind, with.options);
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  graph::GraphSpec spec;
  spec.add("op", std::move(*made));
  for (const std::string& input : with.inputs) spec.inlet<AudioFrame>(input, "op." + input);
  spec.outlet<Out>("out", "op." + with.output);
  auto plan = graph::Plan::compile(std::move(spec));
  EXPECT_TRUE(plan) << (plan ? "" : plan.error().message);
  auto opened = graph::Pipeline::open(*std::move(plan),
                                      {runtime.clock, runtime.timers, exec::Waker(), metrics});
  EXPECT_TRUE(opened);
  graph::Pipeline& pipeline = **opened;
  graph::Outlet<Out>& out = pipeline.outlet<Out>("out");
  const std::vector<float> sound = test::noise(kSamplesMax, 1, 0.1);
  std::int64_t at = 0;
  std::uint64_t before = 0;
  std::size_t frames = 0;
  for (int round = 0; round < 1'000; ++round) {
    if (round == kWarmRounds) before = test::allocations();
    const std::size_t count = round % 3 == 0 ? 320 : 100 + static_cast<std::size_t>(round) % 380;
    for (const std::string& input : with.inputs) {
      EXPECT_TRUE(pipeline.inlet<AudioFrame>(input).push(
          test::audio_frame(pool, std::span(sound).first(count), kRate, at)));
    }
    at += static_cast<std::int64_t>(count);
    EXPECT_FALSE(pipeline.run(10'000));
    for (; !out.empty(); ++frames) static_cast<void>(out.pop());
  }
  EXPECT_GT(frames, 100U);
  return test::allocations() - before;
}

TEST_P(Box, AllocatesNothingWhenWarm) {
  const Case& with = GetParam();
  EXPECT_EQ(with.gives_tensors ? allocations_when_warm<TensorFrame>(with)
                               : allocations_when_warm<AudioFrame>(with),
            0U);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Box,
    testing::Values(Case{"gain", {{"gain_db", 3.0}}, {"audio"}, "audio"},
                    Case{"denoise", {}, {"audio"}, "audio"},
                    Case{"echo_cancel", {}, {"reference", "audio"}, "audio"},
                    Case{"mixer", {{"inputs", std::int64_t{3}}}, {"in1", "in2", "in3"}, "audio"},
                    Case{"filter_bank", {}, {"audio"}, "features", true},
                    Case{"log_mel", {{"rows", std::int64_t{4}}}, {"audio"}, "features", true},
                    Case{"mfcc", {}, {"audio"}, "features", true},
                    Case{"windows", {}, {"audio"}, "features", true},
                    Case{"multi_stream",
                         {{"streams", std::string("a:AudioFrame, b:AudioFrame")}},
                         {"b", "a"},
                         "a"},
                    Case{"multi_stream",
                         {{"streams", std::string("a:AudioFrame, b:AudioFrame")},
                          {"policy", std::string("window")}},
                         {"b", "a"},
                         "a"}),
    [](const auto& tested) { return tested.param.kind + std::to_string(tested.index); });

}  // namespace
}  // namespace parley::operators
