// SPDX-License-Identifier: Apache-2.0
//
// Randomness as a parameter: a small generator with a seed, so that a call replays bit for bit.
// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
//
// Threads: one owner.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace parley {

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  [[nodiscard]] std::uint64_t next() noexcept;
  /// Uniform in [0, 1).
  [[nodiscard]] double uniform() noexcept;
  /// Fills `out` with independent standard normal values (Box-Muller transform).
  void fill_normal(std::span<float> out) noexcept;
  /// `prefix` followed by `length` characters of [0-9A-Za-z]; at 21 characters, 125 bits.
  [[nodiscard]] std::string id(std::string_view prefix, int length = 21);

 private:
  std::uint64_t state_;
};

/// A seed that nobody can guess, from the system; for the one place where a process begins.
[[nodiscard]] std::uint64_t entropy_seed();

}  // namespace parley
