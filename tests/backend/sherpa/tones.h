// SPDX-License-Identifier: Apache-2.0
//
// What the recognisers of make_tiny_recognizers.py understand: a tone is a word.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

namespace parley::backend {

inline constexpr double kOne = 400.0;  // Hz
inline constexpr double kTwo = 1200.0;
inline constexpr double kThree = 3000.0;

inline void add_silence(std::vector<float>& audio, double seconds) {
  audio.resize(audio.size() + static_cast<std::size_t>(seconds * 16'000.0));
}
inline void add_tone(std::vector<float>& audio, double hertz, double seconds) {
  const auto count = static_cast<std::size_t>(seconds * 16'000.0);
  for (std::size_t i = 0; i < count; ++i) {
    const double phase = 2.0 * std::numbers::pi * hertz * static_cast<double>(i) / 16'000.0;
    audio.push_back(static_cast<float>(0.3 * std::sin(phase)));
  }
}

/// "two" and "three" at once: "three" is what is heard, though not by far.
inline std::vector<float> in_doubt() {
  std::vector<float> audio;
  std::vector<float> two;
  for (auto& [part, tone] : {std::pair{&audio, kThree}, std::pair{&two, kTwo}}) {
    add_silence(*part, 0.3);
    add_tone(*part, tone, 0.5);
    add_silence(*part, 0.2);
  }
  for (std::size_t i = 0; i < audio.size(); ++i) audio[i] += 1.7F * two[i];
  return audio;
}

/// Each tone for half a second, and a pause around each.
inline std::vector<float> spoken(const std::vector<double>& tones) {
  std::vector<float> audio;
  add_silence(audio, 0.3);
  for (const double tone : tones) {
    add_tone(audio, tone, 0.5);
    add_silence(audio, 0.2);
  }
  return audio;
}

}  // namespace parley::backend
