// SPDX-License-Identifier: Apache-2.0
//
// Features as operators: rows, time, ends. The numbers themselves are compared with other programs'
// in tests/dsp/features_test.cpp; here once more through the graph.
#include "operators/features/feature_operator.h"

#include <cmath>

#include <gtest/gtest.h>

#include "operators/features/make_features.h"
#include "tests/dsp/feature_signal.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using media::MediaTime;
using media::TensorFrame;
using test::OperatorHarness;

constexpr int kRate = 16'000;

struct Features {
  std::vector<TensorFrame> frames;
  std::vector<float> values;
};

Features run(Result<std::unique_ptr<graph::Operator>> made, std::span<const float> samples,
             std::size_t chunk) {
  Features result;
  if (!made) {
    ADD_FAILURE() << made.error().message;
    return result;
  }
  media::BufferPool pool;
  OperatorHarness harness(std::move(*made));
  EXPECT_TRUE(harness.open());
  for (std::size_t at = 0; at < samples.size(); at += chunk) {
    const auto part = samples.subspan(at, std::min(chunk, samples.size() - at));
    AudioFrame frame = test::audio_frame(pool, part, kRate, static_cast<std::int64_t>(at));
    frame.head.is_last = at + part.size() == samples.size();
    EXPECT_TRUE(harness.feed("audio", std::move(frame)));
    harness.run();
    for (TensorFrame& out : harness.read<TensorFrame>("features")) {
      const auto values = out.data.floats();
      EXPECT_EQ(out.shape.elements(), values.size());
      result.values.insert(result.values.end(), values.begin(), values.end());
      result.frames.push_back(std::move(out));
    }
  }
  EXPECT_TRUE(harness.errors().empty());
  return result;
}

void expect_table(const Features& run, const std::string& name, float tolerance) {
  const test::FeatureTable table = test::read_feature_table(name);
  ASSERT_GT(table.values.size(), 0U);
  EXPECT_AUDIO_NEAR(run.values, table.values, tolerance);
}

TEST(FilterBank, GivesTheRowsOfTheReferenceInAnyChunks) {
  media::BufferPool pool;
  const std::vector<float> signal = test::feature_signal();
  for (const std::size_t chunk : {160U, 320U, 501U, 3'300U}) {
    const Features funasr =
        run(make_filter_bank({.window = dsp::WindowShape::hamming, .scale = 32'768.0F}, pool),
            signal, chunk);
    expect_table(funasr, "fbank_funasr.txt", 2e-3F);
    const Features sherpa =
        run(make_filter_bank({.edge = dsp::WindowEdge::kaldi, .high_hz = -400.0F}, pool), signal,
            chunk);
    expect_table(sherpa, "fbank_sherpa.txt", 2e-3F);
  }
}

TEST(LogMel, OfOneFrameIsWhispersWhenLevelled) {
  media::BufferPool pool;
  const Features whisper =
      run(make_log_mel({.rows = 3'000, .level = true}, pool), test::feature_signal(), 320);
  ASSERT_EQ(whisper.frames.size(), 1U);
  expect_table(whisper, "whisper.txt", 2e-5F);
}

TEST(Mfcc, WithDeltasIsKaldis) {
  media::BufferPool pool;
  const Features mfcc = run(make_mfcc({}, pool), test::feature_signal(), 320);
  expect_table(mfcc, "mfcc_deltas.txt", 5e-3F);
}

TEST(FeatureOperator, FramesSayTheirTimeAndTheEnd) {
  media::BufferPool pool;
  const Features features = run(make_filter_bank({.rows = 4}, pool), test::feature_signal(), 320);
  ASSERT_EQ(features.frames.size(), 5U);  // 19 rows
  EXPECT_EQ(features.frames[4].shape.dims()[0], 3);
  EXPECT_TRUE(features.frames[4].head.is_last);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(features.frames[i].head.pts, MediaTime::from_ms(static_cast<std::int64_t>(i) * 40));
    EXPECT_EQ(features.frames[i].head.duration, MediaTime::from_ms(40));
    EXPECT_FALSE(features.frames[i].head.is_last);
  }
}

TEST(FeatureOperator, AJumpInTimeBeginsAnew) {
  media::BufferPool pool;
  auto made = make_filter_bank({.edge = dsp::WindowEdge::kaldi}, pool);
  ASSERT_TRUE(made);
  OperatorHarness harness(std::move(*made));
  ASSERT_TRUE(harness.open());
  const std::vector<float> sound = test::noise(1'600, 1);
  ASSERT_TRUE(harness.feed("audio", test::audio_frame(pool, sound, kRate, 0)));
  ASSERT_TRUE(harness.feed("audio", test::audio_frame(pool, sound, kRate, 100'000)));
  harness.run();
  const auto frames = harness.read<TensorFrame>("features");
  EXPECT_EQ(harness.as<FeatureOperator>().jumps(), 1U);
  ASSERT_EQ(frames.size(), 10U + 9U);  // the second stretch's last window waits for its end
  EXPECT_EQ(frames[10].head.pts, MediaTime::from_samples(100'000, kRate));
  // The same sound gives the same numbers: nothing of the first stretch is left.
  EXPECT_EQ(frames[0].data.floats()[5], frames[10].data.floats()[5]);
}

TEST(FeatureOperator, WaitsForRoom) {
  media::BufferPool pool;
  auto made = make_filter_bank({}, pool);
  ASSERT_TRUE(made);
  OperatorHarness harness(std::move(*made), {.outlet_capacity = 2});
  ASSERT_TRUE(harness.open());
  ASSERT_TRUE(harness.feed("audio", test::audio_frame(pool, test::noise(16'000, 1), kRate)));
  harness.run();
  EXPECT_EQ(harness.read<TensorFrame>("features").size(), 98U);
}

TEST(FeatureOperator, RefusesOptionsThatMakeNoSense) {
  media::BufferPool pool;
  EXPECT_FALSE(make_filter_bank({.low_hz = 9'000.0F}, pool));
  EXPECT_FALSE(make_log_mel({.bins = 0}, pool));
  EXPECT_FALSE(make_mfcc({.coefficients = 41}, pool));
}

}  // namespace
}  // namespace parley::operators
