// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <cmath>
#include <cstddef>
#include <numbers>
#include <random>

namespace parley {

std::uint64_t Random::next() noexcept {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

double Random::uniform() noexcept {
  // The 53 high bits fill a double's mantissa exactly.
  return static_cast<double>(next() >> 11U) * 0x1.0p-53;
}

void Random::fill_normal(std::span<float> out) noexcept {
  for (std::size_t i = 0; i < out.size(); i += 2) {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    const double angle = 2.0 * std::numbers::pi * uniform();
    out[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < out.size()) out[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
}

std::string Random::id(std::string_view prefix, int length) {
  static constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text(prefix);
  for (int i = 0; i < length; ++i) text += kAlphabet[next() % kAlphabet.size()];
  return text;
}

std::uint64_t entropy_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

}  // namespace parley
