// SPDX-License-Identifier: Apache-2.0
//
// Who may talk to a server that asks for no key. Such a server listens on loopback only, but every
// page that the user visits can reach loopback, too: by its own origin (cross-site requests) or by
// a name that it lets point here (DNS rebinding). Both show in the request's headers.
//
// Threads: immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http/http_message.h"

namespace parley::server {

/// 127.0.0.0/8, localhost, ::1 (with or without brackets); without a port, without case.
[[nodiscard]] bool is_loopback_name(std::string_view host) noexcept;

/// The host of `host[:port]`, brackets of an IPv6 address kept.
[[nodiscard]] std::string_view without_port(std::string_view host) noexcept;

class HostGuard {
 public:
  /// `origins` may connect besides pages of loopback names: "https://app.example.com".
  explicit HostGuard(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  /// Why the request is refused (403), or nothing.
  [[nodiscard]] std::optional<std::string> refusal(const transport::HttpRequest& request) const;

 private:
  [[nodiscard]] bool is_our_site(std::string_view origin) const;
  const std::vector<std::string> origins_;
};

}  // namespace parley::server
