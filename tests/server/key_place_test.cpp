// SPDX-License-Identifier: Apache-2.0
#include "server/key_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/api_keys.h"
#include "tests/store/redis_server.h"

namespace parley::server {
namespace {

using testing::HasSubstr;

class KeyPlaceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!redis.start()) GTEST_SKIP() << "there is no redis-server: make packages SETS=tests";
    place.url = redis.url();
  }
  Status add(const std::string& name) {
    return change_keys(place, clock, [&](KeyRecords& records) -> Status {
      records.push_back({.name = name, .sha256 = digest_of_key(name)});
      return {};
    });
  }

  const SteadyClock clock;
  test::RedisServer redis;
  KeyPlace place;
};

TEST_F(KeyPlaceTest, HoldsInRedisWhatAFileWould) {
  EXPECT_EQ(read_keys(place, clock).error().code, ErrorCode::not_found);
  ASSERT_TRUE(add("alpha"));
  ASSERT_TRUE(add("beta"));
  const auto records = read_keys(place, clock);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ(records->at(1).sha256, digest_of_key("beta"));
}

TEST_F(KeyPlaceTest, WhatFailsChangesNothing) {
  ASSERT_TRUE(add("alpha"));
  EXPECT_THAT(add("alpha").error().message, HasSubstr("the name 'alpha' is taken"));
  EXPECT_EQ(read_keys(place, clock)->size(), 1U);
}

TEST_F(KeyPlaceTest, WhatOthersChangeMeanwhileIsNotLost) {
  ASSERT_TRUE(add("alpha"));
  bool is_first = true;
  ASSERT_TRUE(change_keys(place, clock, [&](KeyRecords& records) -> Status {
    if (std::exchange(is_first, false)) {
      EXPECT_TRUE(add("beta"));
    }
    records.push_back({.name = "gamma", .sha256 = digest_of_key("gamma")});
    return {};
  }));
  EXPECT_EQ(read_keys(place, clock)->size(), 3U);
  const auto always_late = change_keys(place, clock, [&, tries = 0](KeyRecords&) mutable -> Status {
    EXPECT_TRUE(add("other-" + std::to_string(tries++)));
    return {};
  });
  EXPECT_EQ(always_late.error().code, ErrorCode::unavailable);
}

TEST(KeyPlace, SaysWhatIsWrongWithTheUrl) {
  const SteadyClock clock;
  EXPECT_THAT(read_keys({.file = {}, .url = "http://h"}, clock).error().message,
              HasSubstr("redis://"));
  EXPECT_EQ(read_keys({.file = {}, .url = "redis://127.0.0.1:1"}, clock).error().code,
            ErrorCode::unavailable);
}

}  // namespace
}  // namespace parley::server
