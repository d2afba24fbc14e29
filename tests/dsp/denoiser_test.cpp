// SPDX-License-Identifier: Apache-2.0
#include "dsp/denoiser.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/dsp/voice.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/audio.h"

namespace parley::dsp {
namespace {

constexpr int kRate = 16'000;
constexpr std::size_t kSeconds = 8;

/// Output aligned with the input: the latency is taken off.
std::vector<float> denoise(Denoiser& denoiser, std::vector<float> samples) {
  const std::size_t block = denoiser.block_samples();
  samples.resize(samples.size() + denoiser.latency());
  for (std::size_t at = 0; at + block <= samples.size(); at += block) {
    denoiser.process(std::span(samples).subspan(at, block));
  }
  samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(denoiser.latency()));
  return samples;
}

TEST(Denoiser, GainsSixDecibelsAtFiveDecibelsOfSnr) {
  const std::vector<float> clean = test::voice(kRate * kSeconds, kRate);
  const std::vector<float> noisy = test::noisy(clean, 5.0, 7);
  Result<Denoiser> denoiser = Denoiser::make({.rate = kRate});
  ASSERT_TRUE(denoiser);
  const std::vector<float> heard = denoise(*denoiser, noisy);
  // After two seconds, when the estimate of the noise has settled.
  const std::size_t from = 2U * kRate;
  const double before =
      test::snr_db(std::span(clean).subspan(from), std::span(noisy).subspan(from));
  const double after = test::snr_db(std::span(clean).subspan(from), std::span(heard).subspan(from));
  RecordProperty("snr_before_db", std::to_string(before));
  RecordProperty("snr_after_db", std::to_string(after));
  std::printf("SNR %.1f dB -> %.1f dB\n", before, after);
  EXPECT_NEAR(before, 5.0, 0.3);
  EXPECT_GT(after, before + 6.0);
}

TEST(Denoiser, TurnsNoiseAloneDown) {
  const std::vector<float> noise = test::noise(kRate * 4, 3, 0.05);
  Result<Denoiser> denoiser = Denoiser::make({.rate = kRate, .suppress_db = 25});
  ASSERT_TRUE(denoiser);
  const std::vector<float> heard = denoise(*denoiser, noise);
  const auto end = std::span(heard).last(kRate);
  const double down = 20.0 * std::log10(test::rms(noise) / test::rms(end));
  std::printf("noise alone: %.1f dB down\n", down);
  EXPECT_GT(down, 15.0);
}

TEST(Denoiser, LeavesCleanSpeechAlone) {
  const std::vector<float> clean = test::voice(kRate * kSeconds, kRate);
  Result<Denoiser> denoiser = Denoiser::make({.rate = kRate});
  ASSERT_TRUE(denoiser);
  const std::vector<float> heard = denoise(*denoiser, clean);
  const std::size_t from = kRate;
  EXPECT_GT(test::snr_db(std::span(clean).subspan(from), std::span(heard).subspan(from)), 10.0);
}

TEST(Denoiser, AllocatesNothingInProcess) {
  Result<Denoiser> denoiser = Denoiser::make({.rate = 48'000});
  ASSERT_TRUE(denoiser);
  std::vector<float> block(denoiser->block_samples());
  EXPECT_EQ(block.size(), 480U);
  const std::uint64_t before = test::allocations();
  for (int i = 0; i < 50; ++i) denoiser->process(block);
  EXPECT_EQ(test::allocations(), before);
}

TEST(Denoiser, RefusesWhatItCannotDo) {
  EXPECT_FALSE(Denoiser::make({.rate = 4'000}));
  EXPECT_FALSE(Denoiser::make({.suppress_db = 0}));
  EXPECT_FALSE(Denoiser::make({.suppress_db = 61}));
}

}  // namespace
}  // namespace parley::dsp
