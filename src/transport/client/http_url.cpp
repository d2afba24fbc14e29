// SPDX-License-Identifier: Apache-2.0
#include "transport/client/http_url.h"

#include <algorithm>
#include <charconv>

namespace parley::transport {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

Error wrong(std::string_view text, const std::string& why) {
  return {ErrorCode::invalid_argument, "URL '" + std::string(text) + "': " + why};
}

bool is_visible(char c) { return c > ' ' && c < '\x7F'; }

}  // namespace

std::string HttpUrl::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (is_tls ? kHttpsPort : kHttpPort) ? name : name + ":" + std::to_string(port);
}

std::string HttpUrl::origin() const { return (is_tls ? "https://" : "http://") + authority(); }

Result<HttpUrl> parse_http_url(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), is_visible)) {
    return wrong(text, "has a character that no URL has");
  }
  HttpUrl url;
  std::string_view rest = text;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
    url.is_tls = true;
    url.port = kHttpsPort;
  } else {
    return wrong(text, "must begin with http:// or https://");
  }
  if (rest.find('#') != std::string_view::npos) return wrong(text, "must have no fragment");
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view place = rest.substr(0, path);
  if (path < rest.size()) url.path = rest.substr(path);
  if (url.path.front() == '?') url.path.insert(0, 1, '/');
  if (place.find('@') != std::string_view::npos) return wrong(text, "must have no user name");

  const bool is_bracketed = place.starts_with('[');
  const std::size_t host_end =
      is_bracketed ? place.find(']') : std::min(place.find(':'), place.size());
  if (host_end == std::string_view::npos) return wrong(text, "has a '[' without a ']'");
  url.host = is_bracketed ? place.substr(1, host_end - 1) : place.substr(0, host_end);
  place.remove_prefix(host_end + (is_bracketed ? 1 : 0));
  if (url.host.empty()) return wrong(text, "names no host");
  if (place.empty()) return url;
  place.remove_prefix(1);
  const auto [end, error] = std::from_chars(place.data(), place.data() + place.size(), url.port);
  if (error != std::errc{} || end != place.data() + place.size() || url.port == 0) {
    return wrong(text, "has no port number after the ':'");
  }
  return url;
}

}  // namespace parley::transport
