// SPDX-License-Identifier: Apache-2.0
//
// What only a server elsewhere can do: be away, come back, keep others out.
#include "store/redis/redis_backend.h"

#include <gmock/gmock.h>

#include "tests/store/backends.h"
#include "tests/store/redis_server.h"

namespace parley::test {
namespace {

using store::RedisBackend;
using store::RedisUrl;
using ::testing::HasSubstr;

TEST(RedisUrl, ReadsItsParts) {
  const auto full = RedisUrl::parse("redis://jo:p%40ss@example.com:7000/3");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->user, "jo");
  EXPECT_EQ(full->password, "p@ss");
  EXPECT_EQ(full->host, "example.com");
  EXPECT_EQ(full->port, 7000);
  EXPECT_EQ(full->database, 3);
  EXPECT_EQ(RedisUrl::parse("redis://h")->port, 6379);
  EXPECT_EQ(RedisUrl::parse("redis://:secret@h/")->password, "secret");
  EXPECT_EQ(RedisUrl::parse("redis://[::1]:7000")->host, "::1");
  EXPECT_EQ(RedisUrl::parse("redis://[::1]")->port, 6379);
}

TEST(RedisUrl, SaysWhatIsWrongWithoutThePassword) {
  for (const char* url : {"", "http://h", "rediss://h", "redis://", "redis://h:0", "redis://h:x",
                          "redis://h/x", "redis://:hush%4@h", "redis://:hush@"}) {
    const auto parsed = RedisUrl::parse(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(parsed.error().message, ::testing::Not(HasSubstr("hush")));
  }
}

TEST(RedisBackend, SaysWhenNobodyAnswers) {
  const SteadyClock clock;
  const auto opened = RedisBackend::open({.url = "redis://127.0.0.1:1"}, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::unavailable);
  EXPECT_THAT(opened.error().message, HasSubstr("127.0.0.1:1"));
}

TEST(RedisBackend, GoesOnWhenTheServerIsBack) {
  RedisServer server;
  if (!server.start()) GTEST_SKIP() << "there is no redis-server: make packages SETS=tests";
  ManualClock clock;
  auto opened = RedisBackend::open({.url = server.url()}, clock);
  ASSERT_TRUE(opened) << opened.error().message;
  store::StoreBackend& backend = **opened;
  ASSERT_TRUE(write_one(backend, birth_of("conv_1", {put("a", 1, "1")})));
  server.stop();
  EXPECT_EQ(write_one(backend, batch_of("conv_1", {})).error().code, ErrorCode::unavailable);
  ASSERT_TRUE(server.start());
  // Not before its pause is over.
  EXPECT_EQ(write_one(backend, batch_of("conv_1", {})).error().code, ErrorCode::unavailable);
  clock.advance(store::kRedisPause);
  // It came back empty.
  EXPECT_EQ(write_one(backend, batch_of("conv_1", {})).error().code, ErrorCode::not_found);
  EXPECT_TRUE(write_one(backend, birth_of("conv_1", {store::ClearItems{}, put("a", 1, "1")})));
}

TEST(RedisBackend, DemandsADiskWhereItShallWaitForOne) {
  RedisServer server;
  if (!server.start()) GTEST_SKIP() << "there is no redis-server: make packages SETS=tests";
  const SteadyClock clock;
  const auto opened = RedisBackend::open({.url = server.url(), .sync_full = true}, clock);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("appendfsync always"));
}

TEST(RedisBackend, IsSharedByProcesses) {
  RedisServer server;
  if (!server.start()) GTEST_SKIP() << "there is no redis-server: make packages SETS=tests";
  const SteadyClock clock;
  auto one = RedisBackend::open({.url = server.url()}, clock);
  auto other = RedisBackend::open({.url = server.url()}, clock);
  ASSERT_TRUE(one && other);
  ASSERT_TRUE(write_one(**one, birth_of("conv_1", {put("a", 1, "1")})));
  const auto taken = (*other)->take({"conv_1", ""});
  ASSERT_TRUE(taken);
  EXPECT_FALSE(write_one(**one, batch_of("conv_1", {put("b", 2, "2")})));
  EXPECT_TRUE(write_one(**other, batch_of("conv_1", {put("b", 2, "2")}, taken->epoch)));
  EXPECT_EQ(items_of(*(*one)->load({"conv_1", ""})), "a=1 b=2");
  // Others on the same server are not in the way.
  auto stranger = RedisBackend::open({.url = server.url(), .prefix = "other:"}, clock);
  EXPECT_FALSE((*stranger)->load({"conv_1", ""}));
}

}  // namespace
}  // namespace parley::test
