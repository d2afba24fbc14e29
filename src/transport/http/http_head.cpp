// SPDX-License-Identifier: Apache-2.0
#include "transport/http/http_head.h"

#include <ctime>
#include <sstream>

#include <boost/beast/http/write.hpp>

namespace parley::transport {
namespace {

namespace http = boost::beast::http;

/// RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, length};
}

}  // namespace

WireResponse wire_head(const HttpResponse& response, bool keep_alive) {
  WireResponse out(static_cast<http::status>(response.status), 11);
  out.set(http::field::server, "parley");
  out.set(http::field::date, http_date());
  if (!response.content_type.empty()) out.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) out.insert(name, value);
  out.keep_alive(keep_alive);
  return out;
}

std::string head_text(const WireResponse& response) {
  std::ostringstream text;
  text << response.base();
  return std::move(text).str();
}

}  // namespace parley::transport
