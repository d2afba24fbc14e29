// SPDX-License-Identifier: Apache-2.0
#include "server/host_guard.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace parley::server {
namespace {

/// Four whole numbers up to 255 without leading zeros, the first being 127: "127.0.0.1", and not
/// "127.0.0.1.example.com", which anybody may own.
bool is_loopback_v4(std::string_view host) noexcept {
  for (int part = 0; part < 4; ++part) {
    unsigned value = 256;
    const auto [end, failure] = std::from_chars(host.data(), host.data() + host.size(), value);
    const auto length = static_cast<std::size_t>(end - host.data());
    if (failure != std::errc{} || value > 255 || (length > 1 && host.front() == '0')) return false;
    if (part == 0 && value != 127) return false;
    host.remove_prefix(length);
    if (part == 3) return host.empty();
    if (!host.starts_with('.')) return false;
    host.remove_prefix(1);
  }
  return false;
}

std::ptrdiff_t count_of(const transport::HttpRequest& request, std::string_view name) {
  return std::ranges::count_if(request.headers, [name](const auto& field) {
    return transport::equal_without_case(field.first, name);
  });
}

}  // namespace

bool is_loopback_name(std::string_view host) noexcept {
  return transport::equal_without_case(host, "localhost") || host == "[::1]" || host == "::1" ||
         is_loopback_v4(host);
}

std::string_view without_port(std::string_view host) noexcept {
  const std::size_t bracket = host.find(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return host.substr(0, colon);
}

std::optional<std::string> HostGuard::refusal(const transport::HttpRequest& request) const {
  if (count_of(request, "Host") > 1 || count_of(request, "Origin") > 1) {
    return "There is more than one Host or Origin";
  }
  const std::string_view host = request.header("Host").value_or("");
  if (!is_loopback_name(without_port(host))) {
    return "The name '" + std::string(host) +
           "' does not belong to this server: use http://127.0.0.1 or http://localhost";
  }
  const std::optional<std::string_view> origin = request.header("Origin");
  if (origin && !is_our_site(*origin)) {
    return "Pages of '" + std::string(*origin) +
           "' may not connect: add their origin to server.origins if they should";
  }
  return std::nullopt;
}

bool HostGuard::is_our_site(std::string_view origin) const {
  if (std::ranges::find(origins_, origin) != origins_.end()) return true;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) {
      return is_loopback_name(without_port(origin.substr(scheme.size())));
    }
  }
  return false;  // "null", extensions, other schemes
}

}  // namespace parley::server
