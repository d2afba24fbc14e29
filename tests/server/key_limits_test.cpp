// SPDX-License-Identifier: Apache-2.0
#include "server/key_limits.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::server {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class Account : public ::testing::Test {
 protected:
  std::shared_ptr<KeyAccount> make(KeyLimits limits) {
    return std::make_shared<KeyAccount>("web", limits, clock, metrics);
  }
  // 40 s after a full minute, 54,400 s after midnight.
  ManualClock clock{1'750'000'000};
  Metrics metrics;
};

TEST(WindowCounter, StartsAnewWithEachWindow) {
  WindowCounter counter(60);
  EXPECT_TRUE(counter.take(119, 3, 5));
  EXPECT_TRUE(counter.take(119, 3, 5)) << "what crosses the limit is taken";
  EXPECT_FALSE(counter.take(119, 1, 5));
  EXPECT_EQ(counter.used(119), 6);
  EXPECT_EQ(counter.reset_in(119), 1);
  EXPECT_EQ(counter.used(120), 0);
  EXPECT_TRUE(counter.take(120, 1, 5));
  EXPECT_EQ(counter.reset_in(120), 60);
}

TEST(WindowCounter, CountsWhatManyThreadsTake) {
  WindowCounter counter(60);
  std::atomic<int> taken{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 1000; ++k) taken += counter.take(7, 1, 2500) ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(taken, 2500);
}

TEST_F(Account, ASessionsPlaceIsGivenBackWithIt) {
  const auto account = make({.sessions = 2});
  auto first = KeyAccount::enter(account);
  auto second = KeyAccount::enter(account);
  ASSERT_NE(second.allowance, nullptr);
  const auto third = KeyAccount::enter(account);
  EXPECT_EQ(third.allowance, nullptr);
  ASSERT_TRUE(third.refused);
  EXPECT_THAT(third.refused->message, HasSubstr("All 2 sessions of this key are in use."));
  first.allowance.reset();
  EXPECT_NE(KeyAccount::enter(account).allowance, nullptr);
  EXPECT_THAT(metrics.render(),
              HasSubstr("parley_limits_refused_total{key=\"web\",limit=\"sessions\"} 1\n"));
}

TEST_F(Account, RequestsComeBackWithTheNextMinute) {
  const auto account = make({.requests_per_minute = 2});
  const auto session = KeyAccount::enter(account).allowance;
  EXPECT_FALSE(session->take_request());
  EXPECT_FALSE(account->take_request()) << "HTTP and sessions draw on the same";
  const auto refused = session->take_request();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->retry_seconds, 20);
  EXPECT_THAT(refused->message, HasSubstr("2 requests per minute. Please try again in 20s."));
  const auto standing = session->requests();
  EXPECT_EQ(standing->limit, 2);
  EXPECT_EQ(standing->remaining, 0);
  EXPECT_EQ(standing->reset_seconds, 20);
  clock.advance(seconds(20));
  EXPECT_EQ(session->requests()->remaining, 2);
  EXPECT_FALSE(session->take_request());
}

TEST_F(Account, AudioIsLimitedByMinuteAndDay) {
  const auto account = make({.audio_seconds_per_minute = 10, .audio_seconds_per_day = 15});
  EXPECT_FALSE(account->take_audio(seconds(9)));
  EXPECT_FALSE(account->take_audio(seconds(2)));
  EXPECT_EQ(account->take_audio(Millis(20))->retry_seconds, 20);
  clock.advance(seconds(20));
  EXPECT_FALSE(account->take_audio(seconds(5)));
  const auto refused = account->take_audio(Millis(20));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->retry_seconds, 86'400 - 54'420);
  clock.advance(seconds(refused->retry_seconds));
  EXPECT_FALSE(account->take_audio(Millis(20)));
}

TEST_F(Account, ASpentBudgetComesBackTheNextDay) {
  const auto account = make({.budget_per_day = 0.5});
  const auto one = KeyAccount::enter(account).allowance;
  const auto other = KeyAccount::enter(account).allowance;
  one->pay(499'999);
  EXPECT_FALSE(other->take_request());
  other->pay(200'000);
  const auto refused = one->take_request();
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->is_budget);
  EXPECT_EQ(refused->retry_seconds, 86'400 - 54'400);
  EXPECT_THAT(refused->message, HasSubstr("Please try again in 32000s."));
  EXPECT_FALSE(account->take_request()) << "HTTP requests cost nothing";
  clock.advance(seconds(refused->retry_seconds));
  EXPECT_FALSE(one->take_request());
}

TEST_F(Account, CharactersAreLimitedByMinuteAndDay) {
  const auto account = make({.characters_per_minute = 100, .characters_per_day = 150});
  EXPECT_FALSE(account->take_characters(90));
  EXPECT_FALSE(account->take_characters(40)) << "what crosses the limit is taken";
  const auto minute = account->take_characters(1);
  ASSERT_TRUE(minute);
  EXPECT_EQ(minute->retry_seconds, 20);
  EXPECT_THAT(minute->message, HasSubstr("100 characters per minute. Please try again in 20s."));
  clock.advance(seconds(20));
  EXPECT_FALSE(account->take_characters(20));
  const auto day = account->take_characters(1);
  ASSERT_TRUE(day);
  EXPECT_EQ(day->retry_seconds, 86'400 - 54'420);
  EXPECT_THAT(day->message, HasSubstr("150 characters per day."));
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("{key=\"web\",limit=\"characters_per_minute\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{key=\"web\",limit=\"characters_per_day\"} 1\n"));
}

TEST_F(Account, AStreamsPlaceIsGivenBackWithIt) {
  auto account = make({.streams = 1});
  auto first = KeyAccount::enter_stream(account);
  ASSERT_NE(first.place, nullptr);
  const auto second = KeyAccount::enter_stream(account);
  EXPECT_EQ(second.place, nullptr);
  ASSERT_TRUE(second.refused);
  EXPECT_EQ(second.refused->retry_seconds, 1);
  EXPECT_THAT(second.refused->message, HasSubstr("All 1 streams of this key are in use."));
  first.place.reset();
  const auto third = KeyAccount::enter_stream(account);
  EXPECT_NE(third.place, nullptr);
  account.reset();  // the place holds what it stands in
}

TEST_F(Account, AKeyThatHasEndedOpensNoMoreStreams) {
  const auto life = std::make_shared<KeyLife>();
  const auto account = std::make_shared<KeyAccount>("web", KeyLimits{}, clock, metrics, life);
  EXPECT_NE(KeyAccount::enter_stream(account).place, nullptr);
  life->end_at(clock.unix_seconds() + 10);
  EXPECT_TRUE(account->is_live());
  clock.advance(seconds(10));
  EXPECT_FALSE(account->is_live());
  const auto refused = account->take_characters(1);
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->is_ended);
  EXPECT_EQ(KeyAccount::enter_stream(account).place, nullptr);
  life->end_at(0);
  EXPECT_TRUE(account->is_live());
}

TEST_F(Account, WithoutLimitsNothingIsCounted) {
  const auto account = make({});
  EXPECT_FALSE(account->take_characters(1'000'000));
  EXPECT_EQ(KeyAccount::enter(account).allowance, nullptr);
  EXPECT_FALSE(account->take_request());
  EXPECT_FALSE(account->requests());
}

}  // namespace
}  // namespace parley::server
