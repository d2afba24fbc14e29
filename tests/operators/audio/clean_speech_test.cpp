// SPDX-License-Identifier: Apache-2.0
//
// Gain, denoiser and echo canceller as operators: time, lengths, control. What the kernels do to
// sound is tested in tests/dsp/.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "operators/audio/denoise_operator.h"
#include "operators/audio/echo_operator.h"
#include "operators/audio/gain_operator.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using media::MediaTime;
using test::OperatorHarness;

constexpr int kRate = 16'000;

/// Feeds `samples` in frames of `chunk`, the last one marked.
void feed(OperatorHarness& harness, media::BufferPool& pool, std::span<const float> samples,
          std::size_t chunk, std::string_view port = "audio") {
  for (std::size_t at = 0; at < samples.size(); at += chunk) {
    const auto part = samples.subspan(at, std::min(chunk, samples.size() - at));
    AudioFrame frame = test::audio_frame(pool, part, kRate, static_cast<std::int64_t>(at));
    frame.head.is_last = at + part.size() == samples.size();
    ASSERT_TRUE(harness.feed(port, std::move(frame)));
    harness.run();
  }
}

/// All samples; each frame must begin where the one before ended.
std::vector<float> joined(const std::vector<AudioFrame>& frames) {
  std::vector<float> samples;
  for (const AudioFrame& frame : frames) {
    EXPECT_EQ(frame.head.pts.samples(kRate), static_cast<std::int64_t>(samples.size()));
    const auto part = frame.samples.floats();
    EXPECT_EQ(frame.head.duration.samples(kRate), static_cast<std::int64_t>(part.size()));
    samples.insert(samples.end(), part.begin(), part.end());
  }
  return samples;
}

TEST(GainOperator, MakesLouderEveryChannel) {
  media::BufferPool pool;
  OperatorHarness harness(std::make_unique<GainOperator>(GainOperator::Options{.gain_db = 6.0F}));
  ASSERT_TRUE(harness.open());
  AudioFrame frame = test::audio_frame(pool, std::vector<float>(320, 0.25F), kRate);
  frame.format.channels = 2;
  ASSERT_TRUE(harness.feed("audio", frame));
  harness.run();
  const auto out = harness.read_one<AudioFrame>("audio");
  for (const float sample : out.samples.floats()) ASSERT_NEAR(sample, 0.4988F, 1e-4F);
  EXPECT_EQ(frame.samples.floats()[0], 0.25F);  // who shares the samples keeps his
}

TEST(GainOperator, TakesANewLevelByControl) {
  media::BufferPool pool;
  OperatorHarness harness(std::make_unique<GainOperator>(GainOperator::Options{}));
  ASSERT_TRUE(harness.open());
  ASSERT_TRUE(harness.feed("audio", test::audio_frame(pool, std::vector<float>(320, 0.5F), kRate)));
  harness.run();
  EXPECT_EQ(harness.read_one<AudioFrame>("audio").samples.floats()[319], 0.5F);
  media::Control control;
  control.name = "gain_db";
  control.value = std::int64_t{-20};
  ASSERT_TRUE(harness.feed("control", control));
  control.name = "something else";
  ASSERT_TRUE(harness.feed("control", control));
  ASSERT_TRUE(harness.feed("audio", test::audio_frame(pool, std::vector<float>(320, 0.5F), kRate)));
  harness.run();
  const auto out = harness.read_one<AudioFrame>("audio");
  EXPECT_NEAR(out.samples.floats()[0], 0.5F, 0.01F);     // by a ramp
  EXPECT_NEAR(out.samples.floats()[319], 0.05F, 1e-4F);  // of 10 ms
}

TEST(GainOperator, RefusesChannelsBeyondItsLimit) {
  media::BufferPool pool;
  OperatorHarness harness(std::make_unique<GainOperator>(GainOperator::Options{}));
  ASSERT_TRUE(harness.open());
  AudioFrame frame = test::audio_frame(pool, std::vector<float>(90, 0.5F), kRate);
  frame.format.channels = 9;
  ASSERT_TRUE(harness.feed("audio", frame));
  harness.run();
  const auto errors = harness.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors[0].error.message.find("9 channels"), std::string::npos);
}

TEST(DenoiseOperator, KeepsTimeAndLengthHoweverTheStreamIsCut) {
  media::BufferPool pool;
  const std::vector<float> noise = test::noise(16'123, 1, 0.1);
  std::vector<float> expected;
  for (const std::size_t chunk : {320U, 160U, 77U, 1'000U, 16'123U}) {
    auto made = DenoiseOperator::make({}, pool);
    ASSERT_TRUE(made);
    OperatorHarness harness(std::move(*made));
    ASSERT_TRUE(harness.open());
    feed(harness, pool, noise, chunk);
    const auto frames = harness.read<AudioFrame>("audio");
    const std::vector<float> heard = joined(frames);
    ASSERT_EQ(heard.size(), noise.size());
    EXPECT_TRUE(frames.back().head.is_last);
    if (expected.empty()) expected = heard;
    EXPECT_EQ(heard, expected) << chunk;
  }
}

TEST(DenoiseOperator, AJumpInTimeEndsTheStretch) {
  media::BufferPool pool;
  auto made = DenoiseOperator::make({}, pool);
  ASSERT_TRUE(made);
  OperatorHarness harness(std::move(*made));
  ASSERT_TRUE(harness.open());
  const std::vector<float> noise = test::noise(400, 1, 0.1);
  ASSERT_TRUE(harness.feed("audio", test::audio_frame(pool, noise, kRate, 0)));
  ASSERT_TRUE(harness.feed("audio", test::audio_frame(pool, noise, kRate, 16'000)));
  harness.run();
  const auto frames = harness.read<AudioFrame>("audio");
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].head.pts.samples(kRate), 0);
  EXPECT_EQ(frames[1].head.pts.samples(kRate), 160);  // two blocks less the kernel's latency
  EXPECT_EQ(frames[1].samples.floats().size(), 240U);
  EXPECT_EQ(frames[2].head.pts.samples(kRate), 16'000);
}

TEST(DenoiseOperator, RefusesAnotherRate) {
  media::BufferPool pool;
  EXPECT_FALSE(DenoiseOperator::make({.rate_hz = 1}, pool));
  auto made = DenoiseOperator::make({}, pool);
  ASSERT_TRUE(made);
  OperatorHarness harness(std::move(*made));
  ASSERT_TRUE(harness.open());
  ASSERT_TRUE(harness.feed("audio", test::audio_frame(pool, std::vector<float>(80), 8'000)));
  harness.run();
  const auto errors = harness.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors[0].error.message.find("8000 Hz"), std::string::npos);
}

TEST(EchoOperator, CancelsWhatTheReferencePortBrings) {
  media::BufferPool pool;
  auto made = EchoOperator::make({.suppress = false}, nullptr, pool);
  ASSERT_TRUE(made);
  OperatorHarness harness(std::move(*made));
  ASSERT_TRUE(harness.open());
  const std::vector<float> played = test::noise(6U * kRate, 4, 0.4);
  std::vector<float> heard(played.size());
  for (std::size_t i = 100; i < heard.size(); ++i) heard[i] = 0.5F * played[i - 100];
  std::vector<AudioFrame> frames;
  for (std::size_t at = 0; at < played.size(); at += 320) {
    const auto first = static_cast<std::int64_t>(at);
    // The microphone first: it waits for the reference.
    ASSERT_TRUE(harness.feed(
        "audio", test::audio_frame(pool, std::span(heard).subspan(at, 320), kRate, first)));
    harness.run();
    ASSERT_TRUE(harness.feed(
        "reference", test::audio_frame(pool, std::span(played).subspan(at, 320), kRate, first)));
    harness.run();
    for (AudioFrame& frame : harness.read<AudioFrame>("audio")) frames.push_back(std::move(frame));
  }
  const std::vector<float> left = joined(frames);
  ASSERT_EQ(left.size(), heard.size());
  EXPECT_LT(test::rms(std::span(left).last(kRate)), test::rms(heard) / 10.0);
  // The very first block could not know that there is a reference.
  EXPECT_LE(harness.as<EchoOperator>().reference_missing(), 320U);
}

TEST(EchoOperator, DoesNotWaitForEverForAReference) {
  media::BufferPool pool;
  auto made = EchoOperator::make({}, nullptr, pool);
  ASSERT_TRUE(made);
  OperatorHarness harness(std::move(*made));
  ASSERT_TRUE(harness.open());
  const std::vector<float> sound = test::noise(320, 4, 0.4);
  ASSERT_TRUE(harness.feed("reference", test::audio_frame(pool, sound, kRate)));
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(harness.feed("audio", test::audio_frame(pool, sound, kRate, 320 * i)));
    harness.run();
  }
  EXPECT_GE(harness.read<AudioFrame>("audio").size(), 40U);
  EXPECT_GT(harness.as<EchoOperator>().reference_missing(), 0U);
}

TEST(EchoOperator, CancelsWhatThePlayerWroteIntoTheReference) {
  media::BufferPool pool;
  EchoReference reference(kRate);
  auto made = EchoOperator::make({.suppress = true}, &reference, pool);
  ASSERT_TRUE(made);
  OperatorHarness harness(std::move(*made));
  ASSERT_TRUE(harness.open());
  const std::vector<float> played = test::noise(6U * kRate, 4, 0.4);
  std::vector<float> heard(played.size());
  for (std::size_t i = 200; i < heard.size(); ++i) heard[i] = 0.5F * played[i - 200];
  std::vector<AudioFrame> frames;
  for (std::size_t at = 0; at < played.size(); at += 320) {
    reference.write(std::span(played).subspan(at, 320));
    ASSERT_TRUE(harness.feed("audio", test::audio_frame(pool, std::span(heard).subspan(at, 320),
                                                        kRate, static_cast<std::int64_t>(at))));
    harness.run();
    for (AudioFrame& frame : harness.read<AudioFrame>("audio")) frames.push_back(std::move(frame));
  }
  const std::vector<float> left = joined(frames);
  EXPECT_LT(test::rms(std::span(left).last(kRate)), test::rms(heard) / 10.0);
  EXPECT_EQ(reference.missing() + reference.skipped() + reference.dropped(), 0U);
}

TEST(EchoOperator, RefusesAReferenceOfAnotherRate) {
  media::BufferPool pool;
  EchoReference reference(48'000);
  const auto made = EchoOperator::make({}, &reference, pool);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("48000"), std::string::npos);
}

TEST(EchoReference, CountsWhatIsMissingAndWhatIsSkipped) {
  EchoReference reference(1'000);  // 300 samples may be ahead
  std::vector<float> out(10, 1.0F);
  reference.read(out);
  EXPECT_EQ(out, std::vector<float>(10, 0.0F));
  EXPECT_EQ(reference.missing(), 10U);
  reference.write(std::vector<float>(500, 0.5F));
  reference.read(out);
  EXPECT_EQ(out[0], 0.5F);
  EXPECT_EQ(reference.skipped(), 490U);
  EXPECT_EQ(reference.dropped(), 0U);
}

}  // namespace
}  // namespace parley::operators
