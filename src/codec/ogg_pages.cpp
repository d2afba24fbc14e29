// SPDX-License-Identifier: Apache-2.0
#include "codec/ogg_pages.h"

#include <array>
#include <string_view>

#include "base/check.h"

namespace parley::codec {
namespace {

constexpr std::size_t kSegmentBytes = 255;
constexpr std::size_t kSegmentsMax = 255;
constexpr std::size_t kChecksumAt = 22;
constexpr unsigned kFirstPage = 0x02;
constexpr unsigned kLastPage = 0x04;

/// RFC 3533 §6: polynomial 0x04C11DB7, not reflected, begun with 0.
constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t rest = i << 24U;
    for (int bit = 0; bit < 8; ++bit) {
      rest = rest << 1U ^ ((rest & 0x8000'0000U) != 0 ? 0x04C1'1DB7U : 0U);
    }
    table[i] = rest;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kTable = make_table();

std::uint32_t checksum(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (const char byte : bytes) {
    sum = sum << 8U ^ kTable[(sum >> 24U) ^ static_cast<unsigned char>(byte)];
  }
  return sum;
}

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

std::size_t segments_of(std::size_t packet_bytes) { return packet_bytes / kSegmentBytes + 1; }

}  // namespace

bool OggPages::has_room(std::size_t packet_bytes) const {
  return lacing_.size() + segments_of(packet_bytes) <= kSegmentsMax;
}

void OggPages::add(std::span<const std::uint8_t> packet) {
  PARLEY_CHECK(has_room(packet.size()));
  lacing_.append(packet.size() / kSegmentBytes, static_cast<char>(kSegmentBytes));
  lacing_ += static_cast<char>(packet.size() % kSegmentBytes);
  body_.append(reinterpret_cast<const char*>(packet.data()), packet.size());
}

void OggPages::end_page(std::int64_t granule, bool is_last, std::string& out) {
  const std::size_t begin = out.size();
  out += "OggS";
  put(out, 0, 1);  // version
  put(out, (sequence_ == 0 ? kFirstPage : 0U) | (is_last ? kLastPage : 0U), 1);
  put(out, static_cast<std::uint64_t>(granule), 8);
  put(out, serial_, 4);
  put(out, sequence_++, 4);
  put(out, 0, 4);  // the checksum is that of a page without one
  put(out, lacing_.size(), 1);
  out += lacing_;
  out += body_;
  const std::uint32_t sum = checksum(std::string_view(out).substr(begin));
  for (std::size_t i = 0; i < 4; ++i) {
    out[begin + kChecksumAt + i] = static_cast<char>(sum >> (8 * i));
  }
  lacing_.clear();
  body_.clear();
}

}  // namespace parley::codec
