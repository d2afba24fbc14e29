// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a recording: it is read or refused, never worse. What is read is finite and within
// the limit.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "codec/audio_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::codec;
  constexpr int kRate = 16'000;
  constexpr double kSecondsMax = 30.0;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto clip = read_audio_bytes(bytes, "fuzz", {.rate = kRate, .seconds_max = kSecondsMax});
  if (!clip) {
    PARLEY_CHECK(clip.error().message.starts_with("fuzz: "));
    return 0;
  }
  PARLEY_CHECK(clip->rate == kRate);
  PARLEY_CHECK(clip->seconds() <= kSecondsMax + 1.0);
  for (const float sample : clip->samples) PARLEY_CHECK(std::isfinite(sample));
  return 0;
}
