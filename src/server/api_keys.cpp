// SPDX-License-Identifier: Apache-2.0
#include "server/api_keys.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/sha256.h"

namespace parley::server {
namespace {

constexpr std::string_view kKeySubprotocol = "openai-insecure-api-key.";
constexpr std::string_view kBearer = "Bearer ";

/// Looks at every byte of both, wherever they differ first.
bool is_same(std::string_view a, std::string_view b) noexcept {
  std::size_t difference = a.size() ^ b.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

}  // namespace

std::vector<std::string_view> offered_subprotocols(const transport::HttpRequest& request) {
  std::vector<std::string_view> offered;
  for (const auto& [name, value] : request.headers) {
    if (!transport::equal_without_case(name, "Sec-WebSocket-Protocol")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view token = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (token.starts_with(' ') || token.starts_with('\t')) token.remove_prefix(1);
      while (token.ends_with(' ') || token.ends_with('\t')) token.remove_suffix(1);
      if (!token.empty()) offered.push_back(token);
    }
  }
  return offered;
}

std::vector<std::string_view> ApiKeys::shown(const transport::HttpRequest& request) {
  std::vector<std::string_view> keys;
  if (const auto authorization = request.header("Authorization")) {
    const std::string_view scheme = authorization->substr(0, kBearer.size());
    if (transport::equal_without_case(scheme, kBearer)) {
      keys.push_back(authorization->substr(kBearer.size()));
    }
  }
  if (const auto key = request.header("api-key")) keys.push_back(*key);
  for (const std::string_view token : offered_subprotocols(request)) {
    if (token.starts_with(kKeySubprotocol)) keys.push_back(token.substr(kKeySubprotocol.size()));
  }
  return keys;
}

bool ApiKeys::admits(const transport::HttpRequest& request) const {
  return is_open() || !known_key(request).empty();
}

std::string ApiKeys::owner_of(const transport::HttpRequest& request) const {
  const std::string_view key = known_key(request);
  if (key.empty()) return {};
  constexpr std::size_t kDigits = 32;
  Sha256 hash;
  hash.update(std::as_bytes(std::span(key)));
  return "key_" + hash.finish().substr(0, kDigits);
}

std::string_view ApiKeys::known_key(const transport::HttpRequest& request) const {
  std::string_view found;
  for (const std::string_view key : shown(request)) {
    if (is_known(key)) found = key;
  }
  return found;
}

bool ApiKeys::is_known(std::string_view key) const noexcept {
  bool known = false;
  for (const std::string& candidate : keys_) known |= is_same(key, candidate);
  return known;
}

}  // namespace parley::server
