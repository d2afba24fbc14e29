// SPDX-License-Identifier: Apache-2.0
#include "store/redis/redis_url.h"

#include <charconv>
#include <optional>

namespace parley::store {
namespace {

constexpr std::string_view kScheme = "redis://";
constexpr int kPortMax = 65535;
constexpr int kDatabaseMax = 1023;

std::optional<int> number(std::string_view text, int max) {
  int value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc() || end != text.data() + text.size() || value < 0 || value > max) {
    return std::nullopt;
  }
  return value;
}

/// %xx; nothing when there is another after a percent sign.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, wrong] = std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16);
    if (wrong != std::errc() || end != &text[i + 1] + 2) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

Error wrong(const char* what) {
  return {ErrorCode::invalid_argument,
          std::string("store.url: ") + what +
              "; expected redis://[[user]:password@]host[:port][/database]"};
}

}  // namespace

Result<RedisUrl> RedisUrl::parse(std::string_view url) {
  if (!url.starts_with(kScheme)) return wrong("it does not begin with redis://");
  url.remove_prefix(kScheme.size());
  RedisUrl parsed;
  if (const std::size_t slash = url.find('/'); slash != std::string_view::npos) {
    const std::string_view database = url.substr(slash + 1);
    const std::optional<int> index = database.empty() ? 0 : number(database, kDatabaseMax);
    if (!index) return wrong("the database is no number");
    parsed.database = *index;
    url = url.substr(0, slash);
  }
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = url.substr(0, at);
    const std::size_t colon = who.find(':');
    const std::optional<std::string> user = decoded(who.substr(0, colon));
    const std::optional<std::string> password =
        colon == std::string_view::npos ? "" : decoded(who.substr(colon + 1));
    if (!user || !password) return wrong("a broken escape in the password");
    parsed.user = *user;
    parsed.password = *password;
    url = url.substr(at + 1);
  }
  const std::size_t bracket = url.rfind(']');
  const std::size_t colon = url.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (has_port) {
    const std::optional<int> port = number(url.substr(colon + 1), kPortMax);
    if (!port || *port == 0) return wrong("the port is no number from 1 to 65535");
    parsed.port = *port;
    url = url.substr(0, colon);
  }
  if (url.starts_with('[') && url.ends_with(']')) url = url.substr(1, url.size() - 2);
  if (url.empty()) return wrong("there is no host");
  parsed.host = url;
  return parsed;
}

}  // namespace parley::store
