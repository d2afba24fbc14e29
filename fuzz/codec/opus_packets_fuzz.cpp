// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as Opus packets, each behind a byte that says its length, and after each a lost one:
// what is decoded is at most 120 ms, and after all of it a good packet is still heard.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/opus_packets.h"

namespace {

using parley::codec::OpusPacketDecoder;
using parley::codec::OpusPacketEncoder;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto decoder = OpusPacketDecoder::make(16'000);
  require(static_cast<bool>(decoder));
  std::span<const std::byte> rest = std::as_bytes(std::span(data, size));
  while (!rest.empty()) {
    const std::size_t length =
        std::min(std::to_integer<std::size_t>(rest.front()), rest.size() - 1);
    const auto samples = decoder->decode(rest.subspan(1, length));
    if (samples) require(samples->size() <= 1920);
    const auto lost = decoder->conceal();
    require(lost && lost->size() <= 1920);
    rest = rest.subspan(1 + length);
  }
  auto encoder = OpusPacketEncoder::make(16'000, 60);
  require(static_cast<bool>(encoder));
  const auto packet = encoder->encode(std::vector<std::int16_t>(encoder->frame_samples(), 99));
  require(static_cast<bool>(packet));
  const auto samples = decoder->decode(std::as_bytes(std::span(*packet)));
  require(samples && samples->size() == 960);
  return 0;
}
