// SPDX-License-Identifier: Apache-2.0
//
// What every place of leases must do, in memory and in a Redis server. That server has a clock of
// its own: a life of nothing at all is over at once, one of an hour is not over in this test.
#include <chrono>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "store/memory/memory_leases.h"
#include "store/redis/redis_leases.h"
#include "tests/store/redis_server.h"

namespace parley::store {
namespace {

using ::testing::ElementsAre;

constexpr Millis kOver{0};
constexpr Millis kLong{3'600'000};

struct MemoryPlace {
  bool start() { return true; }
  SteadyClock clock;
  MemoryLeases leases{clock};
  LeaseBackend& get() { return leases; }
};
struct RedisPlace {
  bool start() {
    if (!server.start()) return false;
    auto opened = RedisLeases::open({.url = server.url()}, clock);
    if (opened) leases = std::move(*opened);
    return leases != nullptr;
  }
  test::RedisServer server;
  SteadyClock clock;
  std::unique_ptr<RedisLeases> leases;
  LeaseBackend& get() { return *leases; }
};

template <typename Place>
class LeaseBackends : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!place.start()) GTEST_SKIP() << "there is no redis-server: make packages SETS=tests";
  }
  LeaseBackend& leases() { return place.get(); }
  std::vector<std::string> due() {
    std::vector<std::string> ids;
    const auto found = leases().due(10);
    EXPECT_TRUE(found);
    for (const DueLease& one : *found) ids.push_back(one.id);
    return ids;
  }
  std::vector<LeaseState> renew(std::string_view holder, std::vector<std::string> ids,
                                Millis life = kLong) {
    auto states = leases().renew(holder, ids, life);
    EXPECT_TRUE(states);
    return states ? *states : std::vector<LeaseState>();
  }
  Place place;
};

using Places = ::testing::Types<MemoryPlace, RedisPlace>;
TYPED_TEST_SUITE(LeaseBackends, Places);

TYPED_TEST(LeaseBackends, ALeaseThatIsRenewedIsNobodyElses) {
  ASSERT_TRUE(this->leases().put("a", "job", "text", kLong));
  EXPECT_THAT(this->due(), ElementsAre());
  EXPECT_FALSE(*this->leases().claim("b", "job", kLong));
  EXPECT_THAT(this->renew("a", {"job", "other"}), ElementsAre(LeaseState::held, LeaseState::gone));
  EXPECT_THAT(this->renew("b", {"job"}), ElementsAre(LeaseState::taken));
}

TYPED_TEST(LeaseBackends, OneOfTwoGetsWhatNobodyRenews) {
  ASSERT_TRUE(this->leases().put("a", "job", "text", kOver));
  EXPECT_THAT(this->due(), ElementsAre("job"));
  EXPECT_FALSE(*this->leases().claim("a", "job", kLong)) << "whose it is need not claim it";
  const auto claimed = this->leases().claim("b", "job", kLong);
  ASSERT_TRUE(claimed && *claimed);
  EXPECT_EQ((*claimed)->text, "text");
  EXPECT_FALSE((*claimed)->was_offered);
  EXPECT_EQ((*claimed)->deaths, 1);
  EXPECT_FALSE(*this->leases().claim("c", "job", kLong));
  EXPECT_THAT(this->renew("a", {"job"}), ElementsAre(LeaseState::taken));
}

TYPED_TEST(LeaseBackends, HoldersThatAreSoonGoneAreCounted) {
  ASSERT_TRUE(this->leases().put("a", "job", "text", kOver));
  ASSERT_TRUE(*this->leases().claim("b", "job", kOver));
  ASSERT_TRUE(this->leases().put("b", "job", "another text", kOver));
  const auto claimed = this->leases().claim("c", "job", kLong);
  ASSERT_TRUE(claimed && *claimed);
  EXPECT_EQ((*claimed)->deaths, 2);
  EXPECT_EQ((*claimed)->text, "another text");
}

TYPED_TEST(LeaseBackends, WhatIsOfferedIsForWhoeverComesFirst) {
  ASSERT_TRUE(this->leases().put("a", "job", "text", kLong));
  ASSERT_TRUE(this->leases().put("a", "other", "text", kLong));
  const std::vector<std::string> ids{"job", "unknown"};
  ASSERT_TRUE(this->leases().offer("b", ids));
  EXPECT_THAT(this->due(), ElementsAre()) << "it is not his";
  ASSERT_TRUE(this->leases().offer("a", ids));
  EXPECT_THAT(this->renew("a", {"job"}), ElementsAre(LeaseState::held));
  EXPECT_THAT(this->due(), ElementsAre("job")) << "renewing does not take it back";
  const auto claimed = this->leases().claim("b", "job", kLong);
  ASSERT_TRUE(claimed && *claimed);
  EXPECT_TRUE((*claimed)->was_offered);
  EXPECT_EQ((*claimed)->deaths, 0);
  EXPECT_THAT(this->renew("a", {"job", "other"}), ElementsAre(LeaseState::taken, LeaseState::held));
}

TYPED_TEST(LeaseBackends, WhatIsOverIsGone) {
  ASSERT_TRUE(this->leases().put("a", "job", "text", kOver));
  ASSERT_TRUE(this->leases().release("b", "job"));
  EXPECT_THAT(this->due(), ElementsAre("job")) << "it is not his";
  ASSERT_TRUE(this->leases().release("a", "job"));
  EXPECT_THAT(this->due(), ElementsAre());
  EXPECT_FALSE(*this->leases().claim("b", "job", kLong));
}

TEST(RedisLeases, AServerThatIsAwayIsAnError) {
  test::RedisServer server;
  if (!server.start()) GTEST_SKIP() << "there is no redis-server: make packages SETS=tests";
  const SteadyClock clock;
  const auto leases = RedisLeases::open({.url = server.url()}, clock);
  ASSERT_TRUE(leases);
  server.stop();
  EXPECT_EQ((*leases)->put("a", "job", "text", kLong).error().code, ErrorCode::unavailable);
  EXPECT_FALSE((*leases)->due(1));
  EXPECT_FALSE(RedisLeases::open({.url = "redis://127.0.0.1:1"}, clock));
}

}  // namespace
}  // namespace parley::store
