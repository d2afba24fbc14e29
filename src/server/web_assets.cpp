// SPDX-License-Identifier: Apache-2.0
#include "server/web_assets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

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

/// Of the asset at that place; made once, because LiveKit's client is large.
const std::string& tag_of(std::size_t place) {
  static const std::vector<std::string> tags = [] {
    std::vector<std::string> made;
    for (const WebAsset& asset : web_assets()) made.push_back(entity_tag(asset.content));
    return made;
  }();
  return tags[place];
}

/// " http://host:port" of "ws://host:port/path"; nothing of what is no such address.
std::string http_origin(std::string_view livekit_url) {
  if (!livekit_url.starts_with("ws")) return {};
  const std::size_t host = livekit_url.find("://");
  if (host == std::string_view::npos) return {};
  const std::string_view rest = livekit_url.substr(2, livekit_url.find('/', host + 3) - 2);
  const auto belongs = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._:/[]").find(c) != std::string_view::npos;
  };
  return std::ranges::all_of(rest, belongs) ? " http" + std::string(rest) : std::string();
}

/// A page takes nothing from elsewhere, has no code or style in its markup, and is shown in no
/// other page. `ws:` is its own server, for browsers whose 'self' does not cover it, and LiveKit's.
std::string content_policy(std::string_view path, std::string_view livekit_url) {
  const std::string also = path == "/rooms.html" ? http_origin(livekit_url) : std::string();
  return "default-src 'self'; connect-src 'self' ws: wss:" + also +
         "; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
}

}  // namespace

std::optional<transport::HttpResponse> web_response(const transport::HttpRequest& request,
                                                    std::string_view livekit_url) {
  const std::string_view path =
      request.path == "/" ? std::string_view("/index.html") : std::string_view(request.path);
  const std::span<const WebAsset> assets = web_assets();
  const auto found = std::ranges::lower_bound(assets, path, {}, &WebAsset::path);
  if (found == assets.end() || found->path != path) return std::nullopt;
  const std::string& tag = tag_of(static_cast<std::size_t>(found - assets.begin()));
  transport::HttpResponse response{
      .status = 200,
      .content_type = std::string(type_of(path)),
      .body = {},
      .headers = {{"Content-Security-Policy", content_policy(path, livekit_url)},
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
