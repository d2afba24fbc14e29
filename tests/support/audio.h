// SPDX-License-Identifier: Apache-2.0
//
// Sounds for tests, and how to compare them. Everything is a function of its arguments.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "media/frame.h"

namespace parley::test {

inline std::vector<float> silence(std::size_t samples) { return std::vector<float>(samples, 0.0F); }

/// `hz` at `rate`, starting at phase zero.
inline std::vector<float> sine(std::size_t samples, double hz, int rate, double amplitude = 0.5) {
  std::vector<float> out(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    const double seconds = static_cast<double>(i) / rate;
    out[i] = static_cast<float>(amplitude * std::sin(2.0 * std::numbers::pi * hz * seconds));
  }
  return out;
}

/// Uniform white noise in [-amplitude, amplitude).
inline std::vector<float> noise(std::size_t samples, std::uint64_t seed, double amplitude = 0.5) {
  Random random(seed);
  std::vector<float> out(samples);
  for (float& sample : out) {
    sample = static_cast<float>(amplitude * (2.0 * random.uniform() - 1.0));
  }
  return out;
}

inline double rms(std::span<const float> samples) {
  double sum = 0.0;
  for (const float sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0.0 : std::sqrt(sum / static_cast<double>(samples.size()));
}

/// Of `heard`, which is `clean` and something else, as long as it.
inline double snr_db(std::span<const float> clean, std::span<const float> heard) {
  double signal = 0.0;
  double rest = 0.0;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const double off = static_cast<double>(heard[i]) - clean[i];
    signal += static_cast<double>(clean[i]) * clean[i];
    rest += off * off;
  }
  return 10.0 * std::log10(signal / rest);
}

/// `clean` in white noise.
inline std::vector<float> noisy(std::span<const float> clean, double snr_db, std::uint64_t seed) {
  std::vector<float> out = noise(clean.size(), seed, 1.0);
  const double scale = rms(clean) / rms(out) / std::pow(10.0, snr_db / 20.0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = clean[i] + static_cast<float>(scale) * out[i];
  }
  return out;
}

/// A mono frame of input audio that begins `first_sample` samples into its stream.
inline media::AudioFrame audio_frame(media::BufferPool& pool, std::span<const float> samples,
                                     int rate, std::int64_t first_sample = 0,
                                     media::Turn turn = media::kAnyTurn) {
  media::AudioFrame frame;
  frame.head.turn = turn;
  frame.head.pts = media::MediaTime::from_samples(first_sample, rate);
  frame.head.duration =
      media::MediaTime::from_samples(static_cast<std::int64_t>(samples.size()), rate);
  frame.format = {.rate = rate, .channels = 1};
  frame.samples = pool.copy_of(samples);
  return frame;
}

inline ::testing::AssertionResult audio_near(std::span<const float> actual,
                                             std::span<const float> expected, float tolerance) {
  if (actual.size() != expected.size()) {
    return ::testing::AssertionFailure()
           << actual.size() << " samples, expected " << expected.size();
  }
  std::size_t worst = 0;
  float difference = 0.0F;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const float here = std::abs(actual[i] - expected[i]);
    if (here <= difference && !std::isnan(here)) continue;
    worst = i;
    difference = here;
    if (std::isnan(here)) break;
  }
  if (difference <= tolerance) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "sample " << worst << " of " << actual.size() << " is " << actual[worst]
         << ", expected " << expected[worst] << ", tolerance " << tolerance;
}

}  // namespace parley::test

/// Same length, and no sample further off than `tolerance`; names the worst one.
#define EXPECT_AUDIO_NEAR(actual, expected, tolerance) \
  EXPECT_TRUE(::parley::test::audio_near(actual, expected, tolerance))
