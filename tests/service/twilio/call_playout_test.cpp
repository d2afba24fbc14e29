// SPDX-License-Identifier: Apache-2.0
#include "service/twilio/call_playout.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace parley::service {
namespace {

using media::MediaTime;
using std::chrono_literals::operator""ms;

constexpr int kRate = 8'000;
constexpr std::size_t kPacket = 800;  // 100 ms

class CallPlayoutTest : public ::testing::Test {
 protected:
  /// In packets, as an agent gives it; each is marked when it is time.
  void say(const std::string& item, int packets) {
    for (int i = 0; i < packets; ++i) {
      playout.add_audio(item, kPacket, now());
      if (auto name = playout.mark(false)) marks.push_back(std::move(*name));
    }
  }
  void end() {
    playout.end_item();
    if (auto name = playout.mark(true)) marks.push_back(std::move(*name));
  }
  [[nodiscard]] Instant now() const { return clock.now(); }

  ManualClock clock;
  CallPlayout playout{kRate};
  std::vector<std::string> marks;
};

TEST_F(CallPlayoutTest, MarksStandEvery300MsAndAtTheEnd) {
  EXPECT_FALSE(playout.mark(true)) << "nothing was sent";
  say("a", 7);
  EXPECT_EQ(marks, (std::vector<std::string>{"heard-1", "heard-2"}));
  end();
  EXPECT_EQ(marks.size(), 3U);
  EXPECT_FALSE(playout.mark(true)) << "once";
  EXPECT_EQ(playout.plays_until(), now() + 700ms);
}

TEST_F(CallPlayoutTest, WhatWasHeardIsKnownByMarksAndBetweenThemByTheClock) {
  say("a", 10);
  clock.advance(250ms);
  auto copy = playout;
  auto cuts = copy.clear(now());
  ASSERT_EQ(cuts.size(), 1U);
  EXPECT_EQ(cuts[0].item_id, "a");
  EXPECT_EQ(cuts[0].heard.ms(), 250);
  clock.advance(400ms);  // but the first mark has not come back: the line is slow
  copy = playout;
  EXPECT_EQ(copy.clear(now())[0].heard.ms(), 300);
  playout.played_to("heard-1", now());
  clock.advance(100ms);
  EXPECT_EQ(playout.clear(now())[0].heard.ms(), 400);
}

TEST_F(CallPlayoutTest, WhatWasHeardToItsEndIsNotCut) {
  say("a", 3);
  end();
  say("b", 6);
  end();
  playout.played_to("heard-1", now());
  clock.advance(100ms);
  const auto cuts = playout.clear(now());
  ASSERT_EQ(cuts.size(), 1U);
  EXPECT_EQ(cuts[0].item_id, "b");
  EXPECT_EQ(cuts[0].heard.ms(), 100);
  EXPECT_FALSE(playout.is_playing(now()));
  EXPECT_TRUE(playout.clear(now()).empty());
}

TEST_F(CallPlayoutTest, MarksOfWhatWasClearedMeanNothing) {
  say("a", 6);
  const auto cleared = playout.clear(now());
  EXPECT_EQ(cleared[0].heard, MediaTime{});
  say("b", 6);
  playout.played_to(marks[0], now());  // they all come back after a clear
  playout.played_to(marks[1], now());
  playout.played_to("nobody's", now());
  clock.advance(200ms);
  EXPECT_EQ(playout.clear(now())[0].heard.ms(), 200);
}

TEST_F(CallPlayoutTest, ItIsPlayingUntilTheLastMarkIsBackOrLongOverdue) {
  EXPECT_FALSE(playout.is_playing(now()));
  say("a", 3);
  end();
  EXPECT_TRUE(playout.is_playing(now()));
  clock.advance(310ms);
  EXPECT_TRUE(playout.is_playing(now())) << "the mark is on its way";
  auto copy = playout;
  copy.played_to("heard-1", now());
  EXPECT_FALSE(copy.is_playing(now()));
  clock.advance(kCallMarkPatience);
  EXPECT_FALSE(playout.is_playing(now())) << "somebody who has no marks";
}

}  // namespace
}  // namespace parley::service
