// SPDX-License-Identifier: Apache-2.0
#include "backend/silero/silero_kernel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstring>
#include <memory>
#include <numbers>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/backend/silero/sample_weights.h"

namespace parley::backend {
namespace {

using Row = std::vector<double>;

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// The network as its definition says it, in double and without any order to save time.
struct Plain {
  const SileroWeights& w;
  Row hidden = Row(128);
  Row cell = Row(128);

  [[nodiscard]] std::vector<Row> magnitudes(Row samples) const {
    for (std::size_t i = 0; i < 64; ++i) samples.push_back(samples[574 - i]);
    std::vector<Row> frames;
    for (std::size_t t = 0; t < 4; ++t) {
      Row row;
      for (std::size_t k = 0; k < 129; ++k) {
        std::complex<double> sum;
        for (std::size_t n = 0; n < 256; ++n) {
          const double angle = -2.0 * std::numbers::pi * static_cast<double>(k * n) / 256.0;
          sum += static_cast<double>(w.window[n]) * samples[t * 128 + n] * std::polar(1.0, angle);
        }
        row.push_back(std::abs(sum));
      }
      frames.push_back(row);
    }
    return frames;
  }
  static std::vector<Row> convolve(const SileroLayer& layer, const std::vector<Row>& in,
                                   std::size_t stride) {
    std::vector<Row> out;
    for (std::size_t t = 0; t < in.size(); t += stride) {
      Row row(layer.bias.begin(), layer.bias.end());
      for (std::size_t tap = 0; tap < 3; ++tap) {
        if (t + tap < 1 || t + tap > in.size()) continue;
        for (std::size_t o = 0; o < layer.to; ++o) {
          for (std::size_t i = 0; i < layer.from; ++i) {
            row[o] += static_cast<double>(layer.weights[(o * layer.from + i) * 3 + tap]) *
                      in[t + tap - 1][i];
          }
        }
      }
      for (double& value : row) value = std::max(value, 0.0);
      out.push_back(row);
    }
    return out;
  }
  double step(const Row& samples) {
    std::vector<Row> rows = convolve(w.encoder[0], magnitudes(samples), 1);
    rows = convolve(w.encoder[1], rows, 2);
    rows = convolve(w.encoder[2], rows, 2);
    rows = convolve(w.encoder[3], rows, 1);
    Row gate(w.gate_bias.begin(), w.gate_bias.end());
    for (std::size_t o = 0; o < 512; ++o) {
      for (std::size_t i = 0; i < 128; ++i) {
        gate[o] += static_cast<double>(w.input_weights[o * 128 + i]) * rows[0][i] +
                   static_cast<double>(w.hidden_weights[o * 128 + i]) * hidden[i];
      }
    }
    double sum = static_cast<double>(w.out_bias);
    for (std::size_t i = 0; i < 128; ++i) {
      cell[i] = sigmoid(gate[128 + i]) * cell[i] + sigmoid(gate[i]) * std::tanh(gate[256 + i]);
      hidden[i] = sigmoid(gate[384 + i]) * std::tanh(cell[i]);
      sum += static_cast<double>(w.out_weights[i]) * std::max(hidden[i], 0.0);
    }
    return sigmoid(sum);
  }
};

struct SileroKernelTest : testing::Test {
  /// Window number `w` of stream `stream`: noise whose level comes and goes.
  static std::vector<float> samples(std::size_t stream, std::size_t w) {
    std::mt19937 random(static_cast<unsigned>(1000 * stream + w));
    return test::normal_floats(random, kSileroInput, w % 7 < 4 ? 0.1 : 0.001);
  }
  /// `windows` of `streams` streams in batches of `streams`: their probabilities, window by window.
  static std::vector<float> probabilities(const SileroKernel& kernel, const SileroPacked& packed,
                                          std::size_t first, std::size_t streams,
                                          std::size_t windows) {
    const auto scratch = std::make_unique<SileroScratch>();
    std::memset(static_cast<void*>(scratch.get()), 0, sizeof(SileroScratch));
    std::vector<float> all;
    for (std::size_t w = 0; w < windows; ++w) {
      for (std::size_t b = 0; b < streams; ++b) {
        const std::vector<float> window = samples(first + b, w);
        std::copy(window.begin(), window.end(), scratch->input[b]);
      }
      kernel.run(packed, *scratch, streams);
      all.insert(all.end(), scratch->probability, scratch->probability + streams);
    }
    return all;
  }
  const SileroWeights weights = test::sample_silero_weights(2);
};

TEST_F(SileroKernelTest, DoesWhatTheDefinitionSays) {
  constexpr std::size_t kWindows = 30;
  std::vector<float> expected;
  Plain plain{weights};
  for (std::size_t w = 0; w < kWindows; ++w) {
    const std::vector<float> window = samples(0, w);
    expected.push_back(static_cast<float>(plain.step(Row(window.begin(), window.end()))));
  }
  const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
  ASSERT_GT(*high - *low, 0.05F);  // the sample weights do something
  for (const SileroKernel& kernel : silero_kernels()) {
    const std::vector<float> got =
        probabilities(kernel, SileroPacked(weights, kernel.panel), 0, 1, kWindows);
    for (std::size_t w = 0; w < kWindows; ++w) {
      EXPECT_NEAR(got[w], expected[w], 1e-5) << kernel.name << ", window " << w;
    }
  }
}

TEST_F(SileroKernelTest, ComputesAWindowTheSameInEveryCompany) {
  constexpr std::size_t kWindows = 8;
  for (const SileroKernel& kernel : silero_kernels()) {
    const SileroPacked packed(weights, kernel.panel);
    std::vector<std::vector<float>> alone;
    for (std::size_t stream = 0; stream < kSileroBatch; ++stream) {
      alone.push_back(probabilities(kernel, packed, stream, 1, kWindows));
    }
    for (std::size_t streams = 2; streams <= kSileroBatch; ++streams) {
      const std::vector<float> together = probabilities(kernel, packed, 0, streams, kWindows);
      for (std::size_t i = 0; i < together.size(); ++i) {
        ASSERT_EQ(together[i], alone[i % streams][i / streams])
            << kernel.name << ", " << streams << " streams";
      }
    }
  }
}

TEST_F(SileroKernelTest, IsTheSameForEveryInstructionSetThatFuses) {
  std::vector<std::vector<float>> results;
  for (const SileroKernel& kernel : silero_kernels()) {
    results.push_back(probabilities(kernel, SileroPacked(weights, kernel.panel), 0, 5, 50));
  }
  const std::size_t fusing = results.size() - 1;  // the portable one is the last
  for (std::size_t k = 1; k < results.size(); ++k) {
    for (std::size_t i = 0; i < results[0].size(); ++i) {
      if (k < fusing) {
        ASSERT_EQ(results[k][i], results[0][i]) << silero_kernels()[k].name;
      }
      ASSERT_NEAR(results[k][i], results[0][i], 1e-5) << silero_kernels()[k].name;
    }
  }
}

TEST_F(SileroKernelTest, StaysANumberForAnySamples) {
  for (const float level : {0.0F, 1e-30F, 1.0F, 1e6F}) {
    for (const SileroKernel& kernel : silero_kernels()) {
      const SileroPacked packed(weights, kernel.panel);
      const auto scratch = std::make_unique<SileroScratch>();
      std::memset(static_cast<void*>(scratch.get()), 0, sizeof(SileroScratch));
      for (int w = 0; w < 20; ++w) {
        for (std::size_t i = 0; i < kSileroInput; ++i) {
          scratch->input[0][i] = i % 2 == 0 ? level : -level;
        }
        kernel.run(packed, *scratch, 1);
        ASSERT_GE(scratch->probability[0], 0.0F) << kernel.name << ", " << level;
        ASSERT_LE(scratch->probability[0], 1.0F) << kernel.name << ", " << level;
      }
    }
  }
}

}  // namespace
}  // namespace parley::backend
