// SPDX-License-Identifier: Apache-2.0
#include "server/api_keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <set>
#include <span>
#include <utility>

#include "base/sha256.h"

namespace parley::server {
namespace {

constexpr std::string_view kKeySubprotocol = "openai-insecure-api-key.";
constexpr std::array<std::string_view, 2> kSchemes{"Bearer ", "Token "};

/// Looks at every byte of both, wherever they differ first.
bool is_same(std::string_view a, std::string_view b) noexcept {
  std::size_t difference = a.size() ^ b.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

std::string digest_of(std::string_view key) {
  Sha256 sha;
  sha.update(std::as_bytes(std::span(key)));
  return sha.finish();
}

Error bad_key(const std::string& why) {
  return {ErrorCode::invalid_argument, "server.keys: " + why};
}

template <typename Number>
Status read_limit(std::string_view name, std::string_view text, Number& to) {
  Number value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = failure == std::errc{} && end == text.data() + text.size();
  if (!is_whole || !std::isfinite(static_cast<double>(value)) || value < 0) {
    return bad_key(std::string(name) + " = '" + std::string(text) + "': expected a number, or 0");
  }
  to = value;
  return {};
}

Status read_field(std::string_view name, std::string_view value, ApiKey& key) {
  if (name == "name") {
    key.name = value;
    return {};
  }
  if (name == "sha256") {
    if (!is_sha256(value)) return bad_key("sha256: expected 64 hexadecimal digits");
    key.sha256 = value;
    std::ranges::transform(key.sha256, key.sha256.begin(), [](char c) {
      return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return {};
  }
  if (name == "sessions") return read_limit(name, value, key.limits.sessions);
  if (name == "requests_per_minute") {
    return read_limit(name, value, key.limits.requests_per_minute);
  }
  if (name == "audio_seconds_per_minute") {
    return read_limit(name, value, key.limits.audio_seconds_per_minute);
  }
  if (name == "audio_seconds_per_day") {
    return read_limit(name, value, key.limits.audio_seconds_per_day);
  }
  if (name == "budget_per_day") return read_limit(name, value, key.limits.budget_per_day);
  if (name == "budget") return read_limit(name, value, key.limits.budget.emplace());
  return bad_key("unknown field '" + std::string(name) +
                 "'; there are name, sha256, sessions, requests_per_minute, "
                 "audio_seconds_per_minute, audio_seconds_per_day, budget_per_day and budget");
}

}  // namespace

KeyLimits default_limits(const Config& config) {
  return {.sessions = config.limits.key_sessions,
          .requests_per_minute = config.limits.requests_per_minute,
          .audio_seconds_per_minute = config.limits.audio_seconds_per_minute,
          .audio_seconds_per_day = config.limits.audio_seconds_per_day,
          .budget_per_day = config.limits.budget_per_day};
}

Result<ApiKey> parse_api_key(std::string_view entry, const KeyLimits& defaults) {
  ApiKey key{.name = {}, .sha256 = {}, .limits = defaults};
  while (!entry.empty()) {
    const std::size_t space = std::min(entry.find(' '), entry.size());
    const std::string_view field = entry.substr(0, space);
    entry.remove_prefix(std::min(space + 1, entry.size()));
    if (field.empty()) continue;
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) {
      return bad_key("an entry is 'name=NAME sha256=DIGEST', then its limits");
    }
    PARLEY_TRY_STATUS(read_field(field.substr(0, equals), field.substr(equals + 1), key));
  }
  if (key.name.empty() || key.sha256.empty()) return bad_key("an entry needs a name and a sha256");
  return key;
}

ApiKeys::ApiKeys(const std::vector<std::string>& keys, const KeyLimits& limits) {
  for (const std::string& key : keys) {
    keys_.push_back({"key-" + std::to_string(keys_.size() + 1), digest_of(key), limits});
  }
}

Result<ApiKeys> ApiKeys::make(const Config& config) {
  const KeyLimits defaults = default_limits(config);
  ApiKeys keys(config.server.api_keys, defaults);
  std::set<std::string> names;
  for (const ApiKey& key : keys.keys_) names.insert(key.name);
  for (const std::string& entry : config.server.keys) {
    PARLEY_TRY(ApiKey key, parse_api_key(entry, defaults));
    if (!names.insert(key.name).second) return bad_key("the name '" + key.name + "' is taken");
    keys.keys_.push_back(std::move(key));
  }
  return keys;
}

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
    for (const std::string_view scheme : kSchemes) {
      if (transport::equal_without_case(authorization->substr(0, scheme.size()), scheme)) {
        keys.push_back(authorization->substr(scheme.size()));
      }
    }
  }
  for (const char* name : {"api-key", "xi-api-key"}) {
    if (const auto key = request.header(name)) keys.push_back(*key);
  }
  for (const std::string_view token : offered_subprotocols(request)) {
    if (token.starts_with(kKeySubprotocol)) keys.push_back(token.substr(kKeySubprotocol.size()));
  }
  return keys;
}

std::optional<std::size_t> ApiKeys::find(const transport::HttpRequest& request) const {
  std::optional<std::size_t> found;
  for (const std::string_view shown_key : shown(request)) {
    if (const std::optional<std::size_t> one = find_key(shown_key)) found = one;
  }
  return found;
}

std::optional<std::size_t> ApiKeys::find_key(std::string_view key) const {
  std::optional<std::size_t> found;
  const std::string digest = digest_of(key);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (is_same(digest, keys_[i].sha256)) found = i;
  }
  return found;
}

std::string ApiKeys::owner_of(const transport::HttpRequest& request) const {
  constexpr std::size_t kDigits = 32;
  const std::optional<std::size_t> key = find(request);
  return key ? "key_" + keys_[*key].sha256.substr(0, kDigits) : std::string();
}

}  // namespace parley::server
