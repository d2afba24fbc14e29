// SPDX-License-Identifier: Apache-2.0
//
// The address of an HTTP service: "http://127.0.0.1:9000/v1", "https://api.example.com/v1".
// Threads: value type, pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace parley::transport {

struct HttpUrl {
  bool is_tls = false;
  std::string host;  // a name or an address; of IPv6 without its brackets
  std::uint16_t port = 80;
  std::string path = "/";  // with the query; begins with '/'

  /// "127.0.0.1:9000" as the Host header wants it: without the scheme's own port.
  [[nodiscard]] std::string authority() const;
  /// Connections may be shared between URLs of one origin.
  [[nodiscard]] std::string origin() const;
};

/// Errors: invalid_argument, naming what is wrong. No user names, no fragments.
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace parley::transport
