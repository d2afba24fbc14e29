// SPDX-License-Identifier: Apache-2.0
#include "dsp/fft.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "tests/support/audio.h"

namespace parley::dsp {
namespace {

using Complex = std::complex<float>;

/// The definition, in double.
std::vector<std::complex<double>> slow_transform(const std::vector<float>& in) {
  std::vector<std::complex<double>> out(in.size() / 2 + 1);
  for (std::size_t k = 0; k < out.size(); ++k) {
    for (std::size_t n = 0; n < in.size(); ++n) {
      const double angle = -2.0 * std::numbers::pi * static_cast<double>(k * n % in.size()) /
                           static_cast<double>(in.size());
      out[k] += static_cast<double>(in[n]) * std::polar(1.0, angle);
    }
  }
  return out;
}

class RealFftOfSize : public testing::TestWithParam<std::size_t> {};

TEST_P(RealFftOfSize, AgreesWithTheDefinition) {
  const std::size_t size = GetParam();
  Result<RealFft> fft = RealFft::make(size);
  ASSERT_TRUE(fft);
  const std::vector<float> in = test::noise(size, size);
  std::vector<Complex> out(fft->bins());
  fft->forward(in, out);
  const auto expected = slow_transform(in);
  const double tolerance = 1e-6 * static_cast<double>(size);
  std::vector<float> power(fft->bins());
  fft->power(in, power);
  for (std::size_t k = 0; k < out.size(); ++k) {
    ASSERT_NEAR(out[k].real(), expected[k].real(), tolerance) << k;
    ASSERT_NEAR(out[k].imag(), expected[k].imag(), tolerance) << k;
    ASSERT_FLOAT_EQ(power[k], std::norm(out[k])) << k;
  }
}

TEST_P(RealFftOfSize, ComesBackByTheInverse) {
  const std::size_t size = GetParam();
  Result<RealFft> fft = RealFft::make(size);
  ASSERT_TRUE(fft);
  const std::vector<float> in = test::noise(size, size + 1);
  std::vector<Complex> spectrum(fft->bins());
  std::vector<float> back(size);
  fft->forward(in, spectrum);
  fft->inverse(spectrum, back);
  EXPECT_AUDIO_NEAR(back, in, 2e-6F);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RealFftOfSize,
                         testing::Values(4, 6, 8, 10, 12, 16, 32, 60, 64, 128, 200, 256, 400, 480,
                                         512, 1024, 1440, 2048));

TEST(RealFft, RefusesWhatItCannotDivide) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{2}, std::size_t{7}, std::size_t{14},
                                 std::size_t{22}, std::size_t{1} << 21U}) {
    const Result<RealFft> fft = RealFft::make(size);
    ASSERT_FALSE(fft) << size;
    EXPECT_EQ(fft.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(fft.error().message.find(std::to_string(size)), std::string::npos);
  }
}

}  // namespace
}  // namespace parley::dsp
