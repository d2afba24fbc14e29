// SPDX-License-Identifier: Apache-2.0
#include "server/web_assets.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace parley::server {
namespace {

transport::HttpRequest get(std::string path) {
  transport::HttpRequest request;
  request.method = "GET";
  request.path = std::move(path);
  return request;
}

std::string header(const transport::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST(WebAssets, AreTheFilesOfTheFolder) {
  ASSERT_FALSE(web_assets().empty());
  EXPECT_TRUE(std::ranges::is_sorted(web_assets(), {}, &WebAsset::path));
  for (const WebAsset& asset : web_assets()) {
    if (asset.path == "/livekit-client.js") continue;  // another's, see deps.lock
    std::ifstream file("web" + std::string(asset.path), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), asset.content) << asset.path;
  }
}

TEST(WebResponse, ServesThePageAtTheRoot) {
  const auto page = web_response(get("/"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(page->body, web_response(get("/index.html"))->body);
  EXPECT_EQ(header(*page, "X-Content-Type-Options"), "nosniff");
}

TEST(WebResponse, AllowsNoCodeOrStyleButItsOwnFiles) {
  const std::string policy = header(*web_response(get("/")), "Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'self';")) << policy;
  for (const char* hole : {"unsafe-", "data:", "blob:", "*"}) {
    EXPECT_EQ(policy.find(hole), std::string::npos) << hole;
  }
}

TEST(WebResponse, LetsThePageOfRoomsAskLiveKit) {
  const auto connect = [](const char* path, std::string_view livekit) {
    const std::string policy = header(*web_response(get(path), livekit), "Content-Security-Policy");
    const std::size_t begin = policy.find("connect-src");
    return policy.substr(begin, policy.find(';', begin) - begin);
  };
  const std::string own = "connect-src 'self' ws: wss:";
  EXPECT_EQ(connect("/rooms.html", {}), own);
  EXPECT_EQ(connect("/rooms.html", "ws://127.0.0.1:7880"), own + " http://127.0.0.1:7880");
  EXPECT_EQ(connect("/rooms.html", "wss://sfu.example.org/path"), own + " https://sfu.example.org");
  EXPECT_EQ(connect("/rooms.html", "wss://[::1]:7880/"), own + " https://[::1]:7880");
  EXPECT_EQ(connect("/", "ws://127.0.0.1:7880"), own);
  for (const char* bad : {"ws:", "ws://a; script-src *", "ws://a b", "http://a", "nonsense"}) {
    EXPECT_EQ(connect("/rooms.html", bad), own) << bad;
  }
}

TEST(WebResponse, KnowsWhatTheBrowserHas) {
  auto request = get("/");
  request.headers.emplace_back("If-None-Match", header(*web_response(request), "ETag"));
  const auto page = web_response(request);
  EXPECT_EQ(page->status, 304);
  EXPECT_EQ(page->body, "");
}

TEST(WebResponse, ServesNothingElse) {
  for (const char* path :
       {"", "/nothing", "/index", "/../CMakeLists.txt", "//index.html", "/index.html/"}) {
    EXPECT_FALSE(web_response(get(path))) << path;
  }
}

}  // namespace
}  // namespace parley::server
