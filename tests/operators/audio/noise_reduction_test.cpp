// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/audio/noise_reduction_operator.h"
#include "tests/dsp/voice.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

constexpr int kRate = 16'000;
constexpr std::size_t kFrame = 320;

struct NoiseReduction : testing::Test {
  NoiseReduction()
      : noise(test::noise(kRate * 12, 5, 0.05)),
        harness(std::make_unique<NoiseReductionOperator>(settings, pool)) {
    EXPECT_TRUE(harness.open());
  }
  /// The next second of `noise`; returns what came out.
  std::vector<float> hear_second() {
    std::vector<float> heard;
    for (std::size_t i = 0; i < kRate / kFrame; ++i, at += kFrame) {
      harness.feed("audio", test::audio_frame(pool, std::span(noise).subspan(at, kFrame), kRate,
                                              static_cast<std::int64_t>(at)));
      harness.run();
      for (const media::AudioFrame& frame : harness.read<media::AudioFrame>("audio")) {
        EXPECT_EQ(frame.head.pts, end) << "no gap in time";
        end = frame.head.pts + frame.head.duration;
        const auto samples = frame.samples.floats();
        heard.insert(heard.end(), samples.begin(), samples.end());
      }
    }
    return heard;
  }

  NoiseSettings settings;
  media::BufferPool pool;
  std::vector<float> noise;
  test::OperatorHarness harness;
  std::size_t at = 0;
  media::MediaTime end;
};

TEST_F(NoiseReduction, PassesEverythingWhileItIsOff) {
  const std::vector<float> heard = hear_second();
  EXPECT_EQ(heard, std::vector<float>(noise.begin(), noise.begin() + kRate));
}

TEST_F(NoiseReduction, IsSwitchedWhileAudioFlows) {
  hear_second();
  settings.suppress_db = 25;
  hear_second();
  hear_second();
  const double quiet = test::rms(hear_second());
  EXPECT_LT(quiet, test::rms(noise) / 5.0) << "14 dB at least";
  settings.suppress_db = 6;
  hear_second();
  const double less_quiet = test::rms(hear_second());
  EXPECT_GT(less_quiet, quiet * 2.0) << "another strength, the same estimate of the noise";
  settings.suppress_db = 0;
  hear_second();
  EXPECT_EQ(end.samples(kRate), static_cast<std::int64_t>(at)) << "nothing is held back";
  const std::vector<float> heard = hear_second();
  EXPECT_EQ(heard, std::vector<float>(noise.begin() + static_cast<std::ptrdiff_t>(at) - kRate,
                                      noise.begin() + static_cast<std::ptrdiff_t>(at)));
}

/// What `type` near_field and far_field gain a session, from the third second on.
TEST_F(NoiseReduction, GainsAtFiveDecibelsOfSnr) {
  for (const int suppress_db : {15, 30}) {
    const std::vector<float> clean = test::voice(kRate * 8, kRate);
    noise = test::noisy(clean, 5.0, 7);
    settings.suppress_db = suppress_db;
    test::OperatorHarness fresh(std::make_unique<NoiseReductionOperator>(settings, pool));
    ASSERT_TRUE(fresh.open());
    std::vector<float> heard(noise.size(), 0.0F);
    for (std::size_t from = 0; from < noise.size(); from += kFrame) {
      fresh.feed("audio", test::audio_frame(pool, std::span(noise).subspan(from, kFrame), kRate,
                                            static_cast<std::int64_t>(from)));
      fresh.run();
      for (const media::AudioFrame& frame : fresh.read<media::AudioFrame>("audio")) {
        const auto samples = frame.samples.floats();
        std::ranges::copy(samples, heard.begin() + frame.head.pts.samples(kRate));
      }
    }
    const auto settled = [](const std::vector<float>& all) {
      return std::span(all).subspan(2 * kRate, 5 * kRate);
    };
    const double before = test::snr_db(settled(clean), settled(noise));
    const double after = test::snr_db(settled(clean), settled(heard));
    std::printf("%d dB: SNR %.1f dB -> %.1f dB\n", suppress_db, before, after);
    EXPECT_NEAR(before, 5.0, 0.5);
    EXPECT_GT(after, before + 5.0) << suppress_db;
  }
}

}  // namespace
}  // namespace parley::operators
