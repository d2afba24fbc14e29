// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a request target and as the headers that decide who may come in. The first line is
// the target, the others are `Name: value`.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/api_keys.h"
#include "server/host_guard.h"
#include "server/web_assets.h"
#include "transport/http/http_message.h"

namespace {

using namespace parley;  // NOLINT: one file, one subject

void require(bool condition) {
  if (!condition) std::abort();
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  transport::HttpRequest request;
  request.method = "GET";
  if (auto target = transport::parse_target(take_line(text))) {
    require(target->path.starts_with('/'));
    require(target->path.find('\0') == std::string::npos);
    request.path = std::move(target->path);
    request.query = std::move(target->query);
  }
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }

  // What no guard may ever let in: a name that ends in a domain.
  const server::HostGuard guard({"https://app.example.com"});
  if (!guard.refusal(request)) {
    const std::string_view host = server::without_port(request.header("Host").value_or(""));
    require(!host.ends_with(".example"));
    require(server::is_loopback_name(host));
  }
  const server::ApiKeys keys({"sesame"});
  if (keys.admits(request)) {
    bool shows_it = false;
    for (const auto& [name, value] : request.headers) {
      shows_it = shows_it || value.find("sesame") != std::string::npos;
    }
    require(shows_it);
  }
  if (const auto page = server::web_response(request))
    require(page->status == 200 || page->status == 304);
  return 0;
}
