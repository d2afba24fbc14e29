// SPDX-License-Identifier: Apache-2.0
//
// The files of web/, built into the program (cmake/embed.cmake writes the table), and LiveKit's
// client where tools/deps fetched it.
//
// Threads: immutable.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "transport/http/http_message.h"

namespace parley::server {

struct WebAsset {
  std::string_view path;  // "/main.js"
  std::string_view content;
};

/// Sorted by path.
[[nodiscard]] std::span<const WebAsset> web_assets();

/// The answer to a GET of `request.path`; nothing when there is no such file. "/" is /index.html.
/// `livekit_url` (ws:// or wss://) is where the page of rooms may ask why it was not let in; empty:
/// nowhere.
[[nodiscard]] std::optional<transport::HttpResponse> web_response(
    const transport::HttpRequest& request, std::string_view livekit_url = {});

}  // namespace parley::server
