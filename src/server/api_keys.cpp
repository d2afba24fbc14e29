// SPDX-License-Identifier: Apache-2.0
#include "server/api_keys.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/sha256.h"
#include "server/key_limit_fields.h"
#include "server/key_ring.h"

namespace parley::server {
namespace {

constexpr std::string_view kKeySubprotocol = "openai-insecure-api-key.";
constexpr std::array<std::string_view, 2> kSchemes{"Bearer ", "Token "};
/// Of a digest, in the name of whoever has the key.
constexpr std::size_t kOwnerDigits = 32;

Error bad_key(const std::string& why) {
  return {ErrorCode::invalid_argument, "server.keys: " + why};
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
  if (const KeyLimitField* const field = find_key_limit(name)) {
    const Status set = set_key_limit(key.limits, *field, value);
    return set ? set : bad_key(set.error().message);
  }
  std::string known = "name, sha256";
  for (const KeyLimitField& field : key_limit_fields()) known += ", " + std::string(field.name);
  return bad_key("unknown field '" + std::string(name) + "'; there are " + known);
}

}  // namespace

KeyLimits default_limits(const Config& config) {
  return {.sessions = config.limits.key_sessions,
          .requests_per_minute = config.limits.requests_per_minute,
          .audio_seconds_per_minute = config.limits.audio_seconds_per_minute,
          .audio_seconds_per_day = config.limits.audio_seconds_per_day,
          .budget_per_day = config.limits.budget_per_day,
          .streams = config.limits.key_streams,
          .characters_per_minute = config.limits.characters_per_minute,
          .characters_per_day = config.limits.characters_per_day};
}

std::string digest_of_key(std::string_view key) {
  Sha256 sha;
  sha.update(std::as_bytes(std::span(key)));
  return sha.finish();
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

// --- who may come in ----------------------------------------------------------------------------

ApiKeys::ApiKeys(Standing /*on*/, std::shared_ptr<KeyRing> ring)
    : ring_(std::move(ring)), is_open_(ring_->is_open()) {}

ApiKeys::ApiKeys(const std::vector<std::string>& keys, const KeyLimits& limits)
    : ApiKeys(Standing(), KeyRing::of(clear_keys(keys, limits))) {}

Result<ApiKeys> ApiKeys::make(const Config& config) {
  PARLEY_TRY(std::vector<ApiKey> keys, configured_keys(config));
  return ApiKeys(Standing(), KeyRing::of(std::move(keys)));
}

Result<ApiKeys> ApiKeys::follow(const Config& config, const Clock& clock, Metrics& metrics) {
  if (config.server.keys_file.empty() && config.server.keys_url.empty()) return make(config);
  PARLEY_TRY(std::shared_ptr<KeyRing> ring, KeyRing::follow(config, clock, metrics));
  return ApiKeys(Standing(), std::move(ring));
}

std::optional<std::size_t> ApiKeys::find(const transport::HttpRequest& request) const {
  std::optional<std::size_t> found;
  for (const std::string_view shown_key : shown(request)) {
    if (const std::optional<std::size_t> one = find_key(shown_key)) found = one;
  }
  return found;
}

std::optional<std::size_t> ApiKeys::find_key(std::string_view key) const {
  return ring_->find(digest_of_key(key));
}

std::string ApiKeys::owner_of(const transport::HttpRequest& request) const {
  return owner_at(find(request));
}

std::string ApiKeys::owner_of_key(std::string_view key) const { return owner_at(find_key(key)); }

std::string ApiKeys::owner_at(std::optional<std::size_t> key) const {
  return key ? "key_" + ring_->keys()->all[*key].sha256.substr(0, kOwnerDigits) : std::string();
}

std::vector<ApiKey> ApiKeys::all() const { return ring_->keys()->all; }

std::uint64_t ApiKeys::version() const { return ring_->keys()->version; }

// --- where keys are shown -----------------------------------------------------------------------

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

}  // namespace parley::server
