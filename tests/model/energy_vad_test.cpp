// SPDX-License-Identifier: Apache-2.0
#include "model/energy_vad.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/audio.h"

namespace parley::model {
namespace {

constexpr std::size_t kSecond = kVadRate;

/// Probabilities of the whole windows of `samples`, which go on with the stream of `call`.
std::vector<float> hear(VadCall& call, std::span<const float> samples) {
  EnergyVad vad;
  VadCall* const one[] = {&call};
  std::vector<float> heard;
  for (; samples.size() >= kVadWindowSamples; samples = samples.subspan(kVadWindowSamples)) {
    std::copy_n(samples.begin(), kVadWindowSamples, call.window.begin());
    vad.infer(one);
    EXPECT_TRUE(call.status);
    heard.push_back(call.probability);
  }
  return heard;
}

std::vector<float> hear(std::span<const float> samples) {
  VadCall call;
  return hear(call, samples);
}

double share_of_speech(std::span<const float> probabilities) {
  const auto speech =
      std::count_if(probabilities.begin(), probabilities.end(), [](float p) { return p >= 0.5F; });
  return static_cast<double>(speech) / static_cast<double>(probabilities.size());
}

/// Tone bursts of 300 ms every 500 ms in white noise, with their levels as amplitudes.
std::vector<float> bursts(double seconds, double tone, double noise) {
  std::vector<float> samples = test::noise(static_cast<std::size_t>(seconds * kVadRate), 11, noise);
  const std::vector<float> sound = test::sine(samples.size(), 300.0, kVadRate, tone);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i % (kSecond / 2) < kSecond * 3 / 10) samples[i] += sound[i];
  }
  return samples;
}

TEST(EnergyVad, HearsNobodyInSilenceAndSteadyNoise) {
  EXPECT_EQ(share_of_speech(hear(test::silence(20 * kSecond))), 0.0);
  for (const double level : {0.0005, 0.002, 0.008}) {
    EXPECT_EQ(share_of_speech(hear(test::noise(20 * kSecond, 3, level))), 0.0) << level;
  }
  // Louder than a line's noise is expected to be: after a second it is known for what it is.
  const std::vector<float> loud = hear(test::noise(20 * kSecond, 3, 0.3));
  EXPECT_EQ(share_of_speech(std::span(loud).subspan(33)), 0.0);
}

TEST(EnergyVad, HearsWhatStandsOutAtAnyLevel) {
  for (const double gain : {1.0, 0.1, 0.02}) {
    const std::vector<float> heard = hear(bursts(10.0, 0.5 * gain, 0.01 * gain));
    const double share = share_of_speech(heard);
    EXPECT_GT(share, 0.5) << gain;  // 0.6 of the time, and windows that a burst's edge cuts
    EXPECT_LT(share, 0.75) << gain;
  }
}

TEST(EnergyVad, HearsACallerWhoSpeaksAtOnce) {
  EXPECT_GE(hear(bursts(1.0, 0.3, 0.001)).front(), 0.5F);
}

TEST(EnergyVad, DoesNotHearHumOrAnOffset) {
  std::vector<float> samples = test::sine(10 * kSecond, 50.0, kVadRate, 0.01);
  for (float& sample : samples) sample += 0.2F;
  const std::vector<float> heard = hear(samples);
  EXPECT_EQ(share_of_speech(std::span(heard).subspan(1)), 0.0);  // the offset's beginning is a step
}

TEST(EnergyVad, TakesGrowingNoiseForSpeechForThreeSecondsOnly) {
  VadCall call;
  hear(call, test::noise(5 * kSecond, 5, 0.001));
  const std::vector<float> heard = hear(call, test::noise(10 * kSecond, 6, 0.02));
  EXPECT_GT(share_of_speech(std::span(heard).first(60)), 0.9);
  EXPECT_EQ(share_of_speech(std::span(heard).subspan(100)), 0.0);
}

TEST(EnergyVad, KeepsStreamsApartAndRepeatsExactly) {
  EnergyVad vad;
  const std::vector<float> speech = bursts(6.0, 0.4, 0.01);
  const std::vector<float> noise = test::noise(6 * kSecond, 9, 0.05);
  const std::vector<float> speech_alone = hear(speech);
  const std::vector<float> noise_alone = hear(noise);
  std::array<VadCall, 2> calls;
  const std::array<VadCall*, 2> batch{&calls[0], &calls[1]};
  for (std::size_t window = 0; window < speech_alone.size(); ++window) {
    const auto at = static_cast<std::ptrdiff_t>(window * kVadWindowSamples);
    std::copy_n(speech.begin() + at, kVadWindowSamples, calls[0].window.begin());
    std::copy_n(noise.begin() + at, kVadWindowSamples, calls[1].window.begin());
    vad.infer(batch);
    ASSERT_EQ(calls[0].probability, speech_alone[window]);
    ASSERT_EQ(calls[1].probability, noise_alone[window]);
  }
}

TEST(EnergyVad, RecoversFromWhatIsNoNumber) {
  VadCall call;
  std::vector<float> bad = test::silence(kVadWindowSamples);
  bad[100] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(hear(call, bad), std::vector<float>{0.0F});
  EXPECT_EQ(hear(call, bursts(5.0, 0.4, 0.01)), hear(bursts(5.0, 0.4, 0.01)));
}

}  // namespace
}  // namespace parley::model
