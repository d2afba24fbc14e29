// SPDX-License-Identifier: Apache-2.0
#include "protocol/xiaozhi/binary_frame.h"

#include "base/check.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kHeaderBytes2 = 16;
constexpr std::size_t kHeaderBytes3 = 4;
constexpr std::uint32_t kOpus = 0;
constexpr std::uint32_t kJson = 1;

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t at, std::size_t count) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    number = (number << 8U) | std::to_integer<std::uint32_t>(bytes[at + i]);
  }
  return number;
}

void put(std::string& out, std::size_t number, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) out += static_cast<char>(number >> (8U * (i - 1)));
}

/// Nothing when `type` or `size` cannot be.
std::optional<BinaryFrame> framed(std::uint32_t type, std::size_t size,
                                  std::span<const std::byte> rest) {
  if (type != kOpus && type != kJson) return std::nullopt;
  if (size != rest.size() || size > kXiaozhiPayloadBytesMax) return std::nullopt;
  return BinaryFrame{.is_json = type == kJson, .payload = rest};
}

}  // namespace

int framing_version(std::optional<std::string_view> header) noexcept {
  if (header == "2") return 2;
  return header == "3" ? 3 : 1;
}

std::optional<BinaryFrame> parse_binary_frame(int version, std::span<const std::byte> bytes) {
  if (version == 2) {
    if (bytes.size() < kHeaderBytes2 || number_at(bytes, 0, 2) != 2) return std::nullopt;
    auto frame =
        framed(number_at(bytes, 2, 2), number_at(bytes, 12, 4), bytes.subspan(kHeaderBytes2));
    if (frame) frame->timestamp_ms = number_at(bytes, 8, 4);
    return frame;
  }
  if (version == 3) {
    if (bytes.size() < kHeaderBytes3) return std::nullopt;
    return framed(number_at(bytes, 0, 1), number_at(bytes, 2, 2), bytes.subspan(kHeaderBytes3));
  }
  return framed(kOpus, bytes.size(), bytes);
}

std::string binary_frame(int version, std::string_view packet, std::uint32_t timestamp_ms) {
  PARLEY_CHECK(packet.size() <= kXiaozhiPayloadBytesMax);
  std::string out;
  out.reserve(kHeaderBytes2 + packet.size());
  if (version == 2) {
    put(out, 2, 2);
    put(out, kOpus, 2);
    put(out, 0, 4);
    put(out, timestamp_ms, 4);
    put(out, packet.size(), 4);
  } else if (version == 3) {
    put(out, kOpus, 1);
    put(out, 0, 1);
    put(out, packet.size(), 2);
  }
  out += packet;
  return out;
}

}  // namespace parley::protocol
