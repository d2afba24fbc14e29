// SPDX-License-Identifier: Apache-2.0
//
// Packets into the pages of one Ogg stream (RFC 3533). Packets end on the page where they begin.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace parley::codec {

class OggPages {
 public:
  /// `serial` tells streams of one file from each other.
  explicit OggPages(std::uint32_t serial) : serial_(serial) {}

  /// REQUIRES: has_room(packet.size()).
  void add(std::span<const std::uint8_t> packet);
  [[nodiscard]] bool has_room(std::size_t packet_bytes) const;
  [[nodiscard]] bool is_empty() const { return lacing_.empty(); }
  /// Appends the page. `granule`: the position at its end, in the unit of what is in it.
  void end_page(std::int64_t granule, bool is_last, std::string& out);

 private:
  const std::uint32_t serial_;
  std::uint32_t sequence_ = 0;
  std::string lacing_;
  std::string body_;
};

}  // namespace parley::codec
