// SPDX-License-Identifier: Apache-2.0
//
// Where a LiveKit server is, and how we show ourselves there: `rooms.url`, `rooms.key`,
// `rooms.secret`.
//
// Threads: immutable.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/result.h"
#include "protocol/room/access_token.h"
#include "transport/client/http_url.h"

namespace parley::server {

struct LiveKitAddress {
  std::string room_url;    // as clients of rooms want it: ws:// or wss://
  std::string public_url;  // the same, as browsers reach it
  transport::HttpUrl http;
  std::string key;
  std::string secret;

  /// The address of `path` below it: "/agent".
  [[nodiscard]] transport::HttpUrl at(std::string_view path) const;
  /// "Bearer …", which may do what `grant` says for `life` from `now` (seconds since 1970).
  [[nodiscard]] std::string authorization(const protocol::VideoGrant& grant, std::int64_t now,
                                          std::chrono::seconds life) const;
};

/// Errors: invalid_argument, naming the setting. REQUIRES: rooms.url is not empty.
[[nodiscard]] Result<LiveKitAddress> livekit_address(const Config::Rooms& settings);

}  // namespace parley::server
