// SPDX-License-Identifier: Apache-2.0
#include "transport/client/http_url.h"

#include <gtest/gtest.h>

namespace parley::transport {
namespace {

TEST(HttpUrl, ReadsItsParts) {
  const auto url = parse_http_url("http://127.0.0.1:9000/v1?x=1");
  ASSERT_TRUE(url);
  EXPECT_FALSE(url->is_tls);
  EXPECT_EQ(url->host, "127.0.0.1");
  EXPECT_EQ(url->port, 9000);
  EXPECT_EQ(url->path, "/v1?x=1");
  EXPECT_EQ(url->authority(), "127.0.0.1:9000");
}

TEST(HttpUrl, KnowsTheSchemesPorts) {
  EXPECT_EQ(parse_http_url("https://api.example.com/v1")->port, 443);
  EXPECT_EQ(parse_http_url("https://api.example.com")->authority(), "api.example.com");
  EXPECT_EQ(parse_http_url("http://api.example.com")->port, 80);
  EXPECT_EQ(parse_http_url("http://api.example.com")->path, "/");
  EXPECT_EQ(parse_http_url("http://a?b")->path, "/?b");
  EXPECT_EQ(parse_http_url("http://a:80")->origin(), parse_http_url("http://a")->origin());
  EXPECT_NE(parse_http_url("http://a:443")->origin(), parse_http_url("https://a")->origin());
}

TEST(HttpUrl, ReadsBracketedAddresses) {
  const auto url = parse_http_url("http://[::1]:8000/v1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 8000);
  EXPECT_EQ(url->authority(), "[::1]:8000");
}

TEST(HttpUrl, SaysWhatIsWrong) {
  for (const char* text : {"", "127.0.0.1:9000", "ftp://x", "http://", "http://:80",
                           "http://x:", "http://x:0", "http://x:99999", "http://x:8a", "http://u@x",
                           "http://x/#f", "http://x y", "http://[::1", "http://x\r\nHost: y"}) {
    const auto url = parse_http_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace parley::transport
