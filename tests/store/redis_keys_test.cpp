// SPDX-License-Identifier: Apache-2.0
#include "store/redis/redis_keys.h"

#include <gtest/gtest.h>

#include "tests/store/redis_server.h"

namespace parley::store {
namespace {

TEST(RedisKeys, GivesATextOnceForEachVersion) {
  test::RedisServer server;
  if (!server.start()) GTEST_SKIP() << "there is no redis-server: make packages SETS=tests";
  const SteadyClock clock;
  const auto opened = RedisKeys::open({.url = server.url()}, clock);
  ASSERT_TRUE(opened) << opened.error().message;
  RedisKeys& keys = **opened;
  const auto nothing = keys.read("");
  ASSERT_TRUE(nothing && *nothing);
  EXPECT_EQ((*nothing)->version, "");
  EXPECT_EQ((*nothing)->text, "");
  EXPECT_TRUE(*keys.write("", "one"));
  const auto one = keys.read("");
  ASSERT_TRUE(one && *one);
  EXPECT_EQ((*one)->text, "one");
  EXPECT_FALSE((*one)->version.empty());
  const auto same = keys.read((*one)->version);
  ASSERT_TRUE(same);
  EXPECT_FALSE(*same);
  EXPECT_FALSE(*keys.write("", "two")) << "somebody was faster";
  EXPECT_TRUE(*keys.write((*one)->version, "two"));
  EXPECT_EQ((*keys.read((*one)->version))->text, "two");
}

TEST(RedisKeys, NobodyThereIsAnError) {
  const SteadyClock clock;
  EXPECT_EQ(RedisKeys::open({.url = "redis://127.0.0.1:1"}, clock).error().code,
            ErrorCode::unavailable);
}

}  // namespace
}  // namespace parley::store
