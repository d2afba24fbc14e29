// SPDX-License-Identifier: Apache-2.0
//
// The features against other people's programs: see reference/make_references.py.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "dsp/deltas.h"
#include "dsp/fbank.h"
#include "dsp/mfcc.h"
#include "dsp/power_mel.h"
#include "dsp/whisper_log_mel.h"
#include "dsp/window_cutter.h"
#include "tests/dsp/feature_signal.h"

namespace parley::dsp {
namespace {

template <typename Kernel>
std::vector<float> rows_of(Kernel& kernel, WindowEdge edge) {
  const std::vector<float> signal = test::feature_signal();
  WindowCutter cutter(kernel.window_samples(), kernel.hop_samples(), edge, signal.size());
  std::vector<float> window(kernel.window_samples());
  std::vector<float> rows;
  const auto take = [&] {
    while (cutter.next(window)) {
      rows.resize(rows.size() + kernel.dimensions());
      kernel.compute(window, std::span(rows).last(kernel.dimensions()));
    }
  };
  cutter.push(signal);
  take();
  cutter.finish();
  take();
  return rows;
}

/// Largest difference; infinite when the shapes differ.
float difference(const std::vector<float>& actual, const test::FeatureTable& expected) {
  if (actual.size() != expected.values.size() || actual.empty()) return HUGE_VALF;
  float worst = 0.0F;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    worst = std::max(worst, std::abs(actual[i] - expected.values[i]));
  }
  return worst;
}

TEST(Fbank, IsFunasrs) {
  Result<Fbank> fbank = Fbank::make({.window = WindowShape::hamming, .scale = 32'768.0F});
  ASSERT_TRUE(fbank);
  EXPECT_LT(
      difference(rows_of(*fbank, WindowEdge::snip), test::read_feature_table("fbank_funasr.txt")),
      2e-3F);
}

TEST(Fbank, IsSherpas) {
  Result<Fbank> fbank = Fbank::make({.high_hz = -400.0F});
  ASSERT_TRUE(fbank);
  EXPECT_LT(
      difference(rows_of(*fbank, WindowEdge::kaldi), test::read_feature_table("fbank_sherpa.txt")),
      2e-3F);
}

TEST(Fbank, GivesPowersOnDemand) {
  Result<Fbank> logs = Fbank::make({});
  Result<Fbank> powers = Fbank::make({.log = false});
  ASSERT_TRUE(logs && powers);
  const std::vector<float> a = rows_of(*logs, WindowEdge::snip);
  const std::vector<float> b = rows_of(*powers, WindowEdge::snip);
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], std::log(b[i]), 1e-5F);
}

TEST(Fbank, RefusesWhatMakesNoSense) {
  EXPECT_FALSE(Fbank::make({.bins = 0}));
  EXPECT_FALSE(Fbank::make({.hop_ms = 30.0F}));
  EXPECT_FALSE(Fbank::make({.hop_ms = 0.0F}));
  EXPECT_FALSE(Fbank::make({.rate = 10}));
  EXPECT_FALSE(Fbank::make({.low_hz = 9'000.0F}));
  EXPECT_FALSE(Fbank::make({.high_hz = 9'000.0F}));
}

TEST(WhisperLogMel, IsWhispers) {
  Result<WhisperLogMel> mel = WhisperLogMel::make();
  ASSERT_TRUE(mel);
  std::vector<float> rows = rows_of(*mel, WindowEdge::centred);
  WhisperLogMel::level(rows);
  EXPECT_LT(difference(rows, test::read_feature_table("whisper.txt")), 2e-5F);
}

TEST(Mfcc, FortyWithDeltasAreKaldis) {
  Result<Mfcc> mfcc = Mfcc::make({.fbank = {.bins = 40, .high_hz = -400.0F, .scale = 32'768.0F}});
  ASSERT_TRUE(mfcc);
  const std::vector<float> rows = rows_of(*mfcc, WindowEdge::snip);
  const std::size_t width = mfcc->dimensions();
  Deltas deltas(width);
  std::vector<float> all;
  std::vector<float> out(3 * width);
  const auto take = [&] {
    while (deltas.next(out)) all.insert(all.end(), out.begin(), out.end());
  };
  for (std::size_t at = 0; at < rows.size(); at += width) {
    deltas.push(std::span(rows).subspan(at, width));
    take();
  }
  deltas.finish();
  take();
  EXPECT_LT(difference(all, test::read_feature_table("mfcc_deltas.txt")), 5e-3F);
}

TEST(Mfcc, RefusesMoreCoefficientsThanFilters) {
  EXPECT_FALSE(Mfcc::make({.coefficients = 41}));
  EXPECT_FALSE(Mfcc::make({.coefficients = 0}));
}

TEST(Deltas, OfAStraightLineAreItsSlope) {
  Deltas deltas(1);
  std::vector<float> out(3);
  std::vector<std::vector<float>> rows;
  for (int t = 0; t < 20; ++t) {
    const float value = 3.0F * static_cast<float>(t);
    deltas.push(std::span(&value, 1));
    while (deltas.next(out)) rows.push_back(out);
  }
  EXPECT_EQ(rows.size(), 16U);
  deltas.finish();
  while (deltas.next(out)) rows.push_back(out);
  ASSERT_EQ(rows.size(), 20U);
  EXPECT_FLOAT_EQ(rows[10][0], 30.0F);
  EXPECT_NEAR(rows[10][1], 3.0F, 1e-5F);
  EXPECT_NEAR(rows[10][2], 0.0F, 1e-5F);
}

TEST(PowerMel, IsWhatWhispersLogarithmIsTakenOf) {
  Result<PowerMel> power = PowerMel::make(WhisperLogMel::kBins);
  Result<WhisperLogMel> whisper = WhisperLogMel::make();
  ASSERT_TRUE(power && whisper);
  const std::vector<float> signal = test::feature_signal();
  const std::span<const float> window = std::span(signal).subspan(1'000, PowerMel::kWindow);
  std::vector<float> powers(power->dimensions());
  std::vector<float> logs(whisper->dimensions());
  power->compute(window, powers);
  whisper->compute(window, logs);
  for (std::size_t i = 0; i < logs.size(); ++i) EXPECT_FLOAT_EQ(logs[i], std::log10(powers[i]));
  EXPECT_FALSE(PowerMel::make(0));
}

}  // namespace
}  // namespace parley::dsp
