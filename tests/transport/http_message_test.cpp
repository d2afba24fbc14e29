// SPDX-License-Identifier: Apache-2.0
#include "transport/http/http_message.h"

#include <gtest/gtest.h>

namespace parley::transport {
namespace {

TEST(ParseTarget, SplitsAndDecodes) {
  const auto target = parse_target("/v1/real%74ime?model=a%20b&x=1+2&flag&=&model=c");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/v1/realtime");
  const HttpFields expected{{"model", "a b"}, {"x", "1 2"}, {"flag", ""}, {"", ""}, {"model", "c"}};
  EXPECT_EQ(target->query, expected);
}

TEST(ParseTarget, PlusIsASpaceInQueriesOnly) {
  EXPECT_EQ(parse_target("/a+b")->path, "/a+b");
  EXPECT_EQ(parse_target("/?q=a+b")->query.front().second, "a b");
}

TEST(ParseTarget, RefusesWhatIsNoPath) {
  for (const char* bad : {"", "v1", "http://x/", "*", "/%", "/%4", "/%zz", "/%00", "/?a=%0"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(ParseTarget, DropsFragments) { EXPECT_EQ(parse_target("/a#b?c=d")->path, "/a"); }

TEST(HttpRequest, FindsHeadersWithoutCaseAndQueriesWithCase) {
  const HttpRequest request{.method = "GET",
                            .path = "/",
                            .query = {{"Model", "x"}},
                            .headers = {{"Authorization", "one"}, {"AUTHORIZATION", "two"}},
                            .body = "",
                            .remote = ""};
  EXPECT_EQ(request.header("authorization"), "one");
  EXPECT_FALSE(request.header("host"));
  EXPECT_FALSE(request.query_value("model"));
  EXPECT_EQ(request.query_value("Model"), "x");
}

}  // namespace
}  // namespace parley::transport
