// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "operators/audio/decode_operator.h"
#include "operators/audio/resample_operator.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using media::EncodedAudio;

TEST(DecodeOperator, CountsTimeOverChangesOfFormat) {
  media::BufferPool pool;
  test::OperatorHarness harness(std::make_unique<DecodeOperator>(pool));
  ASSERT_TRUE(harness.open());
  const std::vector<std::byte> bytes(960, std::byte{0});
  EncodedAudio pcm;
  pcm.codec = media::Codec::pcm16;
  pcm.format.rate = 24'000;
  pcm.bytes = pool.copy_of(bytes);
  EncodedAudio law = pcm;
  law.codec = media::Codec::pcmu;
  law.format.rate = 8000;
  harness.feed("input", pcm);
  harness.feed("input", law);
  harness.feed("input", pcm);
  harness.run();
  const std::vector<AudioFrame> frames = harness.read<AudioFrame>("audio");
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].samples.floats().size(), 480U);
  EXPECT_EQ(frames[1].head.pts.ms(), 20);
  EXPECT_EQ(frames[1].samples.floats().size(), 960U);
  EXPECT_EQ(frames[2].head.pts.ms(), 140);
}

TEST(ResampleOperator, IsContinuousOverFrames) {
  media::BufferPool pool;
  test::OperatorHarness harness(std::make_unique<ResampleOperator>(16'000, pool));
  ASSERT_TRUE(harness.open());
  const std::vector<float> in = test::sine(24'000, 440.0, 24'000);
  for (std::size_t at = 0; at < in.size(); at += 480) {
    harness.feed("audio", test::audio_frame(pool, std::span(in).subspan(at, 480), 24'000,
                                            static_cast<std::int64_t>(at)));
    harness.run();
  }
  std::vector<float> out;
  media::MediaTime end;
  for (const AudioFrame& frame : harness.read<AudioFrame>("audio")) {
    EXPECT_EQ(frame.head.pts, end) << "no gap in time";
    end = frame.head.pts + frame.head.duration;
    out.insert(out.end(), frame.samples.floats().begin(), frame.samples.floats().end());
  }
  ASSERT_GT(out.size(), 15'900U);
  const std::vector<float> expected = test::sine(out.size(), 440.0, 16'000);
  EXPECT_AUDIO_NEAR(std::span(out).subspan(200), std::span(expected).subspan(200), 0.02F);
}

TEST(ResampleOperator, PassesTheRightRateUntouched) {
  media::BufferPool pool;
  test::OperatorHarness harness(std::make_unique<ResampleOperator>(16'000, pool));
  ASSERT_TRUE(harness.open());
  const std::vector<float> in = test::noise(320, 3);
  harness.feed("audio", test::audio_frame(pool, in, 16'000));
  harness.run();
  EXPECT_AUDIO_NEAR(harness.read_one<AudioFrame>("audio").samples.floats(), in, 0.0F);
}

TEST(ResampleOperator, TheLastFrameEndsWithAllThatWasHeard) {
  media::BufferPool pool;
  test::OperatorHarness harness(std::make_unique<ResampleOperator>(16'000, pool));
  ASSERT_TRUE(harness.open());
  for (int reply = 0; reply < 2; ++reply) {
    harness.feed("audio", test::audio_frame(pool, test::silence(24'000), 24'000));
    media::AudioFrame last;
    last.format = {.rate = 24'000, .channels = 1};
    last.head.is_last = true;
    harness.feed("audio", last);
    harness.run();
    const std::vector<AudioFrame> frames = harness.read<AudioFrame>("audio");
    ASSERT_GE(frames.size(), 2U);
    std::size_t samples = 0;
    for (const AudioFrame& frame : frames) {
      EXPECT_EQ(frame.head.is_last, &frame == &frames.back());
      EXPECT_EQ(frame.format.rate, 16'000);
      samples += frame.samples.floats().size();
    }
    EXPECT_EQ(samples, 16'000U) << reply;
    EXPECT_EQ(frames.back().samples.size(), 0U);
  }
}

TEST(ResampleOperator, LosesNoTimeWhenTheRateChanges) {
  media::BufferPool pool;
  test::OperatorHarness harness(std::make_unique<ResampleOperator>(16'000, pool));
  ASSERT_TRUE(harness.open());
  for (int i = 0; i < 25; ++i) {
    harness.feed("audio", test::audio_frame(pool, test::silence(480), 24'000));
    harness.feed("audio", test::audio_frame(pool, test::silence(160), 8'000));
    harness.run();
  }
  harness.feed("audio", test::audio_frame(pool, test::silence(320), 16'000));
  harness.run();
  const std::vector<AudioFrame> frames = harness.read<AudioFrame>("audio");
  const media::FrameHeader& last = frames.back().head;
  EXPECT_EQ((last.pts + last.duration).ms(), 25 * 40 + 20);
}

TEST(ResampleOperator, RefusesARateThatIsNone) {
  media::BufferPool pool;
  test::OperatorHarness harness(std::make_unique<ResampleOperator>(16'000, pool));
  ASSERT_TRUE(harness.open());
  harness.feed("audio", test::audio_frame(pool, test::silence(10), 3));
  harness.run();
  EXPECT_TRUE(harness.pipeline().failed());
}

}  // namespace
}  // namespace parley::operators
