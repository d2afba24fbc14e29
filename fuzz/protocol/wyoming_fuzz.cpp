// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a stream of Wyoming events, in pieces whose size the first byte says: the same
// events come whatever the pieces, none is larger than may be, nothing is read behind a broken
// frame, and what is answered can be read again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/recognition/stream_rate.h"
#include "protocol/recognition/wyoming.h"

namespace {

using namespace parley;            // NOLINT: one file, one subject
using namespace parley::protocol;  // NOLINT

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const WyomingEvent& event) {
  if (const auto* chunk = std::get_if<WyomingAudioChunk>(&event)) {
    require(chunk->samples.size() <= kWyomingPayloadBytesMax);
    require(is_stream_rate(chunk->format.rate) && chunk->format.channels >= 1);
  } else if (const auto* ping = std::get_if<WyomingPing>(&event)) {
    const std::string pong = wyoming_pong(ping->text);
    WyomingReader reader;
    reader.append(std::as_bytes(std::span(pong)));
    require(reader.next().has_value() && !reader.is_broken() && reader.waiting_bytes() == 0);
  }
}

/// The kinds of all events, and whether the stream broke.
std::vector<std::size_t> read(std::string_view bytes, std::size_t piece) {
  WyomingReader reader;
  std::vector<std::size_t> kinds;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    reader.append(std::as_bytes(std::span(part)));
    while (const auto event = reader.next()) {
      require(kinds.empty() || kinds.back() != 100);
      const auto* good = std::get_if<WyomingEvent>(&*event);
      if (good != nullptr) check(*good);
      kinds.push_back(good != nullptr ? good->index() : reader.is_broken() ? 100 : 99);
    }
  }
  return kinds;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  require(read(bytes, std::max<std::size_t>(data[0], 1)) == read(bytes, bytes.size()));
  return 0;
}
