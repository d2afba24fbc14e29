// SPDX-License-Identifier: Apache-2.0
#include "transport/http/http_head.h"

#include <gtest/gtest.h>

namespace parley::transport {
namespace {

std::string text_of(const HttpResponse& response, bool keep_alive) {
  return head_text(wire_head(response, keep_alive));
}

TEST(HttpHead, HasAllFieldsAndAnEmptyLine) {
  const std::string text =
      text_of({.status = 429, .content_type = "a/b", .headers = {{"Retry-After", "3"}}}, true);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 429 Too Many Requests\r\n")) << text;
  EXPECT_NE(text.find("\r\nServer: parley\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\r\nDate: "), std::string::npos) << text;
  EXPECT_NE(text.find("\r\nContent-Type: a/b\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\r\nRetry-After: 3\r\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("Connection"), std::string::npos) << text;
  EXPECT_EQ(text.find("\r\n\r\n"), text.size() - 4) << text;
}

TEST(HttpHead, SaysThatTheConnectionEnds) {
  EXPECT_NE(text_of({}, false).find("\r\nConnection: close\r\n"), std::string::npos);
}

TEST(HttpHead, HasNoTypeWhenThereIsNone) {
  EXPECT_EQ(text_of({.status = 304, .content_type = ""}, true).find("Content-Type"),
            std::string::npos);
}

}  // namespace
}  // namespace parley::transport
