// SPDX-License-Identifier: Apache-2.0
//
// Binary frames of `/xiaozhi/v1/`, both ways, by the device's `Protocol-Version`; all numbers are
// big-endian:
//
//   1   the Opus packet, and nothing else
//   2   u16 version (2) | u16 type (0 Opus, 1 JSON) | u32 reserved | u32 timestamp, ms
//       | u32 size | payload
//   3   u8 type (0 Opus, 1 JSON) | u8 reserved | u16 size | payload
//
// Firmware believes `size` without a look at how much there is, so ours is always right; theirs is
// checked.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace parley::protocol {

/// Of one frame's payload; longer ones are refused. Opus needs 1275 bytes for each of at most six
/// frames (RFC 6716 §3.4).
inline constexpr std::size_t kXiaozhiPayloadBytesMax = 16U << 10U;

struct BinaryFrame {
  bool is_json = false;
  std::uint32_t timestamp_ms = 0;        // version 2: of what the device plays; 0: is not told
  std::span<const std::byte> payload{};  // of the bytes that were parsed
};

/// 1, 2 or 3, as the header `Protocol-Version` or a hello says it; 1 for anything else.
[[nodiscard]] int framing_version(std::optional<std::string_view> header) noexcept;
/// Nothing: it is no such frame.
[[nodiscard]] std::optional<BinaryFrame> parse_binary_frame(int version,
                                                            std::span<const std::byte> bytes);
/// REQUIRES: packet.size() <= kXiaozhiPayloadBytesMax.
[[nodiscard]] std::string binary_frame(int version, std::string_view packet,
                                       std::uint32_t timestamp_ms);

}  // namespace parley::protocol
