// SPDX-License-Identifier: Apache-2.0
#include "dsp/resampler.h"

#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/audio.h"

namespace parley::dsp {
namespace {

using parley::test::noise;
using parley::test::rms;
using parley::test::sine;

Resampler make(int from, int to, int quality = Resampler::kQualityLive) {
  Result<Resampler> made = Resampler::make(from, to, quality);
  EXPECT_TRUE(made);
  return *std::move(made);
}

void feed(Resampler& resampler, std::span<const float> in, std::vector<float>& out) {
  const std::size_t before = out.size();
  out.resize(before + resampler.output_size(in.size()));
  EXPECT_EQ(resampler.process(in, std::span(out).subspan(before)), out.size() - before);
}

std::vector<float> one_shot(Resampler& resampler, std::span<const float> in) {
  std::vector<float> out;
  feed(resampler, in, out);
  const std::size_t before = out.size();
  out.resize(before + resampler.flush_size());
  resampler.flush(std::span(out).subspan(before));
  return out;
}

class Rates : public ::testing::TestWithParam<std::tuple<int, int>> {
 protected:
  int from = std::get<0>(GetParam());
  int to = std::get<1>(GetParam());
};

TEST_P(Rates, ChunksOfAnySizeGiveTheSameSamples) {
  const std::vector<float> in = noise(static_cast<std::size_t>(from), 3);
  Resampler whole = make(from, to);
  const std::vector<float> expected = one_shot(whole, in);
  Random random(static_cast<std::uint64_t>(from) * 31 + static_cast<std::uint64_t>(to));
  Resampler cut = make(from, to);
  for (const std::size_t chunk_max : {3U, 100U, 5000U}) {
    std::vector<float> out;
    for (std::span<const float> rest = in; !rest.empty();) {
      const std::size_t count = std::min<std::size_t>(rest.size(), random.next() % chunk_max);
      feed(cut, rest.first(count), out);
      rest = rest.subspan(count);
    }
    const std::size_t before = out.size();
    out.resize(before + cut.flush_size());
    cut.flush(std::span(out).subspan(before));
    EXPECT_AUDIO_NEAR(out, expected, 0.0F);
  }
}

TEST_P(Rates, LengthIsExact) {
  for (const std::size_t samples : {0U, 1U, 2U, 7U, 160U, 441U, 9999U}) {
    Resampler resampler = make(from, to);
    const std::vector<float> out = one_shot(resampler, noise(samples, 1));
    const std::size_t up = static_cast<std::size_t>(to);
    const std::size_t down = static_cast<std::size_t>(from);
    EXPECT_EQ(out.size(), (samples * up + down - 1) / down) << samples;
  }
}

TEST_P(Rates, ASineStaysInPlaceAndLoud) {
  const double hz = 440.0;
  Resampler resampler = make(from, to, Resampler::kQualityFile);
  const std::vector<float> out =
      one_shot(resampler, sine(static_cast<std::size_t>(from), hz, from));
  const std::vector<float> expected = sine(out.size(), hz, to);
  // Away from the ends, where the filter sees silence that is not in the sine.
  const std::size_t edge = out.size() / 10;
  const std::span<const float> inside = std::span(out).subspan(edge, out.size() - 2 * edge);
  EXPECT_AUDIO_NEAR(inside, std::span(expected).subspan(edge, inside.size()), 0.002F);
}

INSTANTIATE_TEST_SUITE_P(Resampler, Rates,
                         ::testing::Values(std::tuple(24'000, 16'000), std::tuple(16'000, 24'000),
                                           std::tuple(8'000, 16'000), std::tuple(48'000, 16'000),
                                           std::tuple(44'100, 16'000), std::tuple(22'050, 24'000),
                                           std::tuple(16'000, 8'000), std::tuple(11'025, 48'000),
                                           std::tuple(16'000, 16'000)));

TEST(Resampler, RemovesWhatTheLowerRateCannotHold) {
  Resampler resampler = make(48'000, 16'000);
  const std::vector<float> out = one_shot(resampler, sine(48'000, 11'000, 48'000));
  EXPECT_LT(rms(std::span(out).subspan(1000, out.size() - 2000)), 0.005);
}

TEST(Resampler, StartsAnewAfterFlushAndReset) {
  const std::vector<float> in = noise(4000, 9);
  Resampler resampler = make(24'000, 16'000);
  const std::vector<float> expected = one_shot(resampler, in);
  EXPECT_AUDIO_NEAR(one_shot(resampler, in), expected, 0.0F);
  std::vector<float> ignored;
  feed(resampler, std::span(in).first(777), ignored);
  resampler.reset();
  EXPECT_AUDIO_NEAR(one_shot(resampler, in), expected, 0.0F);
  EXPECT_EQ(resampler.flush_size(), 0U);
}

TEST(Resampler, LiveQualityWaitsLittle) {
  EXPECT_LE(make(24'000, 16'000).latency(), 48U);  // 2 ms
  EXPECT_EQ(make(16'000, 16'000).latency(), 0U);
}

TEST(Resampler, RefusesRatesOutOfRange) {
  for (const int rate : {-1, 0, 999, 384'001}) {
    const Result<Resampler> made = Resampler::make(rate, 16'000);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(made.error().message.find(std::to_string(rate) + " Hz"), std::string::npos);
  }
}

TEST(Resampler, AllocatesNothingWhileRunning) {
  Resampler resampler = make(24'000, 16'000);
  const std::vector<float> in = noise(480, 2);
  std::vector<float> out(480);
  const std::uint64_t before = parley::test::allocations();
  for (int i = 0; i < 100; ++i) resampler.process(in, out);
  resampler.flush(out);
  EXPECT_EQ(parley::test::allocations(), before);
}

}  // namespace
}  // namespace parley::dsp
