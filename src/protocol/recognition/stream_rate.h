// SPDX-License-Identifier: Apache-2.0
//
// The sampling rates at which a stream may be listened to. Threads: any (pure).
#pragma once

#include <algorithm>
#include <array>

namespace parley::protocol {

inline constexpr const char* kStreamRates = "8000, 16000, 22050, 24000, 32000, 44100 or 48000";

[[nodiscard]] inline bool is_stream_rate(int rate) noexcept {
  constexpr std::array<int, 7> kRates{8'000, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000};
  return std::ranges::find(kRates, rate) != kRates.end();
}

}  // namespace parley::protocol
