// SPDX-License-Identifier: Apache-2.0
//
// HTTP requests and responses as plain values.
//
// Threads: value types.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::transport {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;  // as sent: "GET"
  std::string path;    // percent-decoded, without the query
  HttpFields query;    // decoded, in order
  HttpFields headers;  // in order
  std::string body;
  std::string remote;  // "127.0.0.1:54321"
  std::string id{};    // see request_id.h; its answer says it as `x-request-id`

  /// The first field of that name, compared without case; nullopt when there is none.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  HttpFields headers = {};  // further ones; Content-Type, Content-Length and Date are added
};

/// Splits a request target into path and query and decodes both. nullopt when it is no path or
/// holds a broken escape or a NUL.
struct HttpTarget {
  std::string path;
  HttpFields query;
};
[[nodiscard]] std::optional<HttpTarget> parse_target(std::string_view target);

/// Compares ASCII without case, as header names and schemes are.
[[nodiscard]] bool equal_without_case(std::string_view a, std::string_view b) noexcept;

}  // namespace parley::transport
