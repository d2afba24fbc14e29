// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/livekit_address.h"

#include <utility>

namespace parley::server {
namespace {

/// The scheme of sockets as that of HTTP, and the other way round; both are taken.
std::string with_scheme(const std::string& url, std::string_view plain, std::string_view tls) {
  for (const std::string_view scheme : {"ws://", "http://"}) {
    if (url.starts_with(scheme)) return std::string(plain) + url.substr(scheme.size());
  }
  for (const std::string_view scheme : {"wss://", "https://"}) {
    if (url.starts_with(scheme)) return std::string(tls) + url.substr(scheme.size());
  }
  return url;
}

Error wrong(std::string_view setting, const std::string& why) {
  return {ErrorCode::invalid_argument, std::string(setting) + ": " + why};
}

Result<transport::HttpUrl> parse(std::string_view setting, const std::string& url) {
  auto parsed = transport::parse_http_url(with_scheme(url, "http://", "https://"));
  if (!parsed) return wrong(setting, "'" + url + "' is no address such as ws://127.0.0.1:7880");
  return parsed;
}

}  // namespace

transport::HttpUrl LiveKitAddress::at(std::string_view path) const {
  transport::HttpUrl url = http;
  while (url.path.ends_with('/')) url.path.pop_back();
  url.path += path;
  return url;
}

std::string LiveKitAddress::authorization(const protocol::VideoGrant& grant, std::int64_t now,
                                          std::chrono::seconds life) const {
  protocol::AccessToken token{.key = key, .identity = {}, .expires_at = now + life.count()};
  token.video = grant;
  return "Bearer " + protocol::mint_access_token(token, secret);
}

Result<LiveKitAddress> livekit_address(const Config::Rooms& settings) {
  LiveKitAddress address;
  PARLEY_TRY(address.http, parse("rooms.url", settings.url));
  const std::string& shown = settings.public_url.empty() ? settings.url : settings.public_url;
  PARLEY_TRY(const transport::HttpUrl seen, parse("rooms.public_url", shown));
  static_cast<void>(seen);
  if (settings.key.empty()) return wrong("rooms.key", "the LiveKit server's API key is missing");
  if (settings.secret.empty()) return wrong("rooms.secret", "the API key's secret is missing");
  address.room_url = with_scheme(settings.url, "ws://", "wss://");
  address.public_url = with_scheme(shown, "ws://", "wss://");
  address.key = settings.key;
  address.secret = settings.secret;
  return address;
}

}  // namespace parley::server
