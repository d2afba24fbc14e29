// SPDX-License-Identifier: Apache-2.0
#include "server/shared_keys.h"

#include <functional>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/api_keys.h"
#include "server/key_place.h"
#include "tests/store/redis_server.h"

namespace parley::server {
namespace {

using testing::HasSubstr;

class SharedKeysTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!redis.start()) GTEST_SKIP() << "there is no redis-server: make packages SETS=tests";
    config.server.keys_url = redis.url();
  }
  void add(const std::string& name) const {
    ASSERT_TRUE(
        change_keys({.file = {}, .url = redis.url()}, clock, [&](KeyRecords& records) -> Status {
          records.push_back({.name = name, .sha256 = digest_of_key(name)});
          return {};
        }));
  }
  void revoke(const std::string& name) const {
    ASSERT_TRUE(
        change_keys({.file = {}, .url = redis.url()}, clock, [&](KeyRecords& records) -> Status {
          for (KeyRecord& record : records) {
            if (record.name == name) record.revoked_at = clock.unix_seconds();
          }
          return {};
        }));
  }
  [[nodiscard]] ApiKeys follow() {
    auto followed = ApiKeys::follow(config, clock, metrics);
    EXPECT_TRUE(followed) << followed.error().message;
    return *followed;
  }
  /// The ctest timeout is what fails, if it never comes.
  static void wait_until(const std::function<bool()>& is_so) {
    while (!is_so()) std::this_thread::yield();
  }
  [[nodiscard]] std::uint64_t failures() {
    return metrics.counter("parley_keys_loads_total", "", {{"outcome", "failed"}}).value();
  }

  const SteadyClock clock;
  Metrics metrics;
  test::RedisServer redis;
  Config config;
};

TEST_F(SharedKeysTest, AreThoseOfEveryNode) {
  config.server.api_keys = {"fixed"};
  const ApiKeys a = follow();
  const ApiKeys b = follow();
  EXPECT_FALSE(a.is_open());
  EXPECT_TRUE(a.find_key("fixed"));
  EXPECT_FALSE(a.find_key("alpha"));
  add("alpha");
  wait_until([&] { return a.find_key("alpha") && b.find_key("alpha"); });
  revoke("alpha");
  wait_until([&] { return !a.find_key("alpha") && !b.find_key("alpha"); });
  EXPECT_TRUE(b.find_key("fixed"));
}

TEST_F(SharedKeysTest, StayAsTheyWereWhenTheServerIsAwayOrHasLostThem) {
  add("alpha");
  const ApiKeys keys = follow();
  EXPECT_TRUE(keys.find_key("alpha"));
  redis.stop();
  wait_until([&] { return failures() >= 1; });
  EXPECT_TRUE(keys.find_key("alpha"));
  ASSERT_TRUE(redis.start());  // empty
  const std::uint64_t before = failures();
  wait_until([&] { return failures() >= before + 3; });
  EXPECT_TRUE(keys.find_key("alpha"));
  add("beta");
  wait_until([&] { return keys.find_key("beta").has_value(); });
  EXPECT_FALSE(keys.find_key("alpha")) << "what is said now counts";
}

TEST_F(SharedKeysTest, AreKeptInOnePlace) {
  config.server.keys_file = "/tmp/keys";
  EXPECT_THAT(ApiKeys::follow(config, clock, metrics).error().message,
              HasSubstr("server.keys_url and server.keys_file"));
  config.server.keys_file.clear();
  config.server.keys_url = "redis://127.0.0.1:1";
  EXPECT_THAT(ApiKeys::follow(config, clock, metrics).error().message,
              HasSubstr("server.keys_url: the Redis server at 127.0.0.1:1"));
}

}  // namespace
}  // namespace parley::server
