// SPDX-License-Identifier: Apache-2.0
//
// The sampling rates at which a stream may be listened to, and the pauses that it may be cut at.
// Threads: any (pure).
#pragma once

#include <algorithm>
#include <array>

namespace parley::protocol {

inline constexpr const char* kStreamRates = "8000, 16000, 22050, 24000, 32000, 44100 or 48000";

[[nodiscard]] inline bool is_stream_rate(int rate) noexcept {
  constexpr std::array<int, 7> kRates{8'000, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000};
  return std::ranges::find(kRates, rate) != kRates.end();
}

/// Those that an Opus encoder takes (RFC 6716 §2.1.1).
inline constexpr const char* kOpusRates = "8000, 12000, 16000, 24000 or 48000";

[[nodiscard]] inline bool is_opus_rate(int rate) noexcept {
  return rate == 8'000 || rate == 12'000 || rate == 16'000 || rate == 24'000 || rate == 48'000;
}

/// Of silence that ends an utterance, in milliseconds.
inline constexpr int kSilenceMsMin = 100;
inline constexpr int kSilenceMsMax = 10'000;

}  // namespace parley::protocol
