// SPDX-License-Identifier: Apache-2.0
//
// Something like speech, for what listens to how sound changes: syllables of a voice whose pitch
// glides, with pauses in between. A function of its arguments.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace parley::test {

/// Syllables of 200 ms, four to a word, 300 ms of silence between words.
inline std::vector<float> voice(std::size_t samples, int rate, double amplitude = 0.3) {
  constexpr double kWord = 1.1, kSpoken = 0.8, kSyllable = 0.2;  // s
  std::vector<float> out(samples);
  double phase = 0.0;
  for (std::size_t i = 0; i < samples; ++i) {
    const double t = static_cast<double>(i) / rate;
    const double in_word = std::fmod(t, kWord);
    phase += (120.0 + 40.0 * std::sin(2.0 * std::numbers::pi * 0.7 * t)) / rate;
    if (in_word >= kSpoken) continue;
    const double rise = std::sin(std::numbers::pi * std::fmod(in_word, kSyllable) / kSyllable);
    const double vowel = 500.0 + 400.0 * std::sin(2.0 * std::numbers::pi * 1.3 * t);  // formant, Hz
    double sum = 0.0;
    for (int harmonic = 1; harmonic <= 25; ++harmonic) {
      const double hz = 130.0 * harmonic;
      const double one = (hz - vowel) / 200.0, two = (hz - 2.4 * vowel) / 300.0;
      const double weight = std::exp(-one * one) + 0.4 * std::exp(-two * two) + 0.02;
      sum += weight * std::sin(2.0 * std::numbers::pi * harmonic * phase);
    }
    out[i] = static_cast<float>(amplitude * 0.4 * rise * sum);
  }
  return out;
}

}  // namespace parley::test
