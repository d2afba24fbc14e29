// SPDX-License-Identifier: Apache-2.0
#include "server/web_assets.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace parley::server {
namespace {

using Type = std::pair<std::string_view, std::string_view>;
constexpr std::array kTypes{
    Type{".html", "text/html; charset=utf-8"}, Type{".js", "text/javascript; charset=utf-8"},
    Type{".css", "text/css; charset=utf-8"},   Type{".svg", "image/svg+xml"},
    Type{".json", "application/json"},         Type{".png", "image/png"},
    Type{".webmanifest", "application/json"},  Type{".woff2", "font/woff2"},
    Type{".txt", "text/plain; charset=utf-8"},
};

std::string_view type_of(std::string_view path) {
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

/// Changes when the content does (FNV-1a, 64 bits).
std::string entity_tag(std::string_view content) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : content) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  }
  return "\"" + std::to_string(hash) + "\"";
}

}  // namespace

std::optional<transport::HttpResponse> web_response(const transport::HttpRequest& request) {
  const std::string_view path =
      request.path == "/" ? std::string_view("/index.html") : std::string_view(request.path);
  const std::span<const WebAsset> assets = web_assets();
  const auto found = std::ranges::lower_bound(assets, path, {}, &WebAsset::path);
  if (found == assets.end() || found->path != path) return std::nullopt;
  const std::string tag = entity_tag(found->content);
  transport::HttpResponse response{
      .status = 200,
      .content_type = std::string(type_of(path)),
      .body = {},
      // The page takes nothing from elsewhere, has no code or style in its markup, and is shown in
      // no other page. `ws:` is the page's own server for browsers whose 'self' does not cover it.
      .headers = {{"Content-Security-Policy",
                   "default-src 'self'; connect-src 'self' ws: wss:; object-src 'none'; "
                   "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
                  {"X-Content-Type-Options", "nosniff"},
                  {"Referrer-Policy", "no-referrer"},
                  {"Cache-Control", "no-cache"},
                  {"ETag", tag}}};
  if (request.header("If-None-Match") == tag) {
    response.status = 304;
  } else {
    response.body = found->content;
  }
  return response;
}

}  // namespace parley::server
