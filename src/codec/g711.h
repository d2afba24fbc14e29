// SPDX-License-Identifier: Apache-2.0
//
// G.711: telephone audio, 8 bits per sample on a logarithmic scale (ITU-T Recommendation G.711,
// 11/1988). mu-law (PCMU) in North America and Japan, A-law (PCMA) elsewhere.
//
// Values are 16-bit samples: the recommendation's 14-bit mu-law values times 4, and its 13-bit
// A-law values times 8. Threads: any (pure functions, constant tables). Allocates: no.
#pragma once

#include <cstdint>

namespace parley::codec {

[[nodiscard]] std::int16_t mulaw_decode(std::uint8_t code) noexcept;
[[nodiscard]] std::uint8_t mulaw_encode(std::int16_t sample) noexcept;
[[nodiscard]] std::int16_t alaw_decode(std::uint8_t code) noexcept;
[[nodiscard]] std::uint8_t alaw_encode(std::int16_t sample) noexcept;

}  // namespace parley::codec
