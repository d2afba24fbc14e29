// SPDX-License-Identifier: Apache-2.0
//
// The signal of tests/dsp/reference/make_references.py, and the tables that it wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace parley::test {

/// A saw tooth of 220 Hz that swells, over smoothed noise; integer arithmetic, so that the script
/// and this give the same numbers.
inline std::vector<float> feature_signal() {
  constexpr int kSamples = 3'300;
  std::vector<float> samples;
  std::uint32_t state = 12'345;
  int smooth = 0;
  for (int i = 0; i < kSamples; ++i) {
    state = state * 1'664'525U + 1'013'904'223U;
    smooth += (static_cast<int>(state >> 16U) - 32'768 - smooth) >> 2;
    const int saw = ((i * 901) & 0xFFFF) - 32'768;
    const int value = ((saw * (i % 1'600)) >> 12) + (smooth >> 3);
    samples.push_back(static_cast<float>(value) / 32'768.0F);
  }
  return samples;
}

struct FeatureTable {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<float> values;
};

inline FeatureTable read_feature_table(const std::string& name) {
  std::ifstream file("tests/data/features/" + name);
  FeatureTable table;
  file >> table.rows >> table.columns;
  for (float value = 0.0F; file >> value;) table.values.push_back(value);
  return table;
}

}  // namespace parley::test
