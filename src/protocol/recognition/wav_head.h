// SPDX-License-Identifier: Apache-2.0
//
// What stands before the samples of a WAV file that is sent as it is: of recordings that are heard
// while they come. Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "protocol/protocol_error.h"

namespace parley::protocol {

/// Further chunks may stand before the samples; no more than this.
inline constexpr std::size_t kWavHeadBytesMax = 64U << 10U;

struct WavHead {
  int rate = 0;                    // Hz, one that a stream may have
  std::size_t bytes = 0;           // before the first sample
  std::uint64_t sample_bytes = 0;  // as it says; more than any file has, where it does not know
};
struct WavHeadIncomplete {};

/// s16, mono; the error of anything else says so.
[[nodiscard]] std::variant<WavHead, WavHeadIncomplete, ProtocolError> read_wav_head(
    std::span<const std::byte> file);

}  // namespace parley::protocol
