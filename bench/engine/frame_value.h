// SPDX-License-Identifier: Apache-2.0
//
// What every peer of this comparison passes on: 20 ms of 16 kHz mono float samples, whose last one
// says which frame it is, so that the end of a chain can check that it got the right one. And how
// figures are told to the driver: one `name value` a line (compare.py).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace parley::bench {

inline constexpr std::size_t kSamples = 320;
inline constexpr std::size_t kShort = 4;  // operators in the two chains whose difference counts
inline constexpr std::size_t kLong = 36;

inline void tell(const std::string& name, double value) {
  std::printf("%s %.6g\n", name.c_str(), value);
  std::fflush(stdout);
}

[[noreturn]] inline void give_up(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::exit(1);
}

/// Nanoseconds from an operator to the next, without what a chain's ends cost: `nanos_of(n)` is the
/// time of one frame through n operators, the smallest of several tries.
template <typename NanosOf>
double hop_nanos(NanosOf nanos_of) {
  constexpr int kTries = 5;
  double shortest = nanos_of(kShort);
  double longest = nanos_of(kLong);
  for (int i = 1; i < kTries; ++i) {
    shortest = std::min(shortest, nanos_of(kShort));
    longest = std::min(longest, nanos_of(kLong));
  }
  return (longest - shortest) / static_cast<double>(kLong - kShort);
}

/// Of `nanos`, in microseconds; sorts them.
inline void tell_percentiles(const std::string& name, std::vector<double>& nanos) {
  std::sort(nanos.begin(), nanos.end());
  const auto at = [&](double share) {
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(nanos.size()));
    return nanos[std::min(rank, nanos.size() - 1)] / 1000;
  };
  tell(name + ".p50_us", at(0.5));
  tell(name + ".p99_us", at(0.99));
}

}  // namespace parley::bench
