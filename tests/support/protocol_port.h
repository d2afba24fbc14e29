// SPDX-License-Identifier: Apache-2.0
//
// For tests of protocols that have ports of their own: a server with one of them, and sound as the
// protocols send it. Threads: one owner.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "tests/support/audio.h"
#include "tests/support/speech_server.h"

namespace parley::test {

/// The one protocol's port. REQUIRES: there is no other.
inline std::uint16_t protocol_port(const server::Server& server, std::string_view protocol) {
  const auto addresses = server.protocol_addresses();
  EXPECT_EQ(addresses.size(), 1U);
  if (addresses.empty()) return 0;
  EXPECT_EQ(addresses[0].first, protocol);
  return static_cast<std::uint16_t>(
      std::stoi(addresses[0].second.substr(addresses[0].second.find(':') + 1)));
}

inline std::string s16_bytes(std::span<const float> samples) {
  std::string bytes(samples.size() * 2, '\0');
  codec::encode(media::Codec::pcm16, samples, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

inline std::string f32_bytes(std::span<const float> samples) {
  const auto bytes = std::as_bytes(samples);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline void send_in_pieces(WebSocketClient& client, const std::string& bytes, std::size_t piece) {
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    client.send_binary(bytes.substr(at, piece));
  }
}

}  // namespace parley::test
