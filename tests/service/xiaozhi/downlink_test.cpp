// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/downlink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""ms;
using media::MediaTime;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kRate = 24'000;

class DownlinkTest : public ::testing::Test {
 protected:
  std::vector<std::string> pump(Nanos at) {
    std::vector<std::string> out;
    const Status sent = line.pump(start + at, [&](protocol::XiaozhiMessage message) {
      if (const auto* tts = std::get_if<protocol::XiaozhiTts>(&message)) {
        out.push_back(tts->text);
      } else {
        out.push_back("@" + std::to_string(std::get<protocol::XiaozhiSound>(message).at_ms));
      }
    });
    EXPECT_TRUE(sent);
    return out;
  }
  void add(const std::string& item, int ms) {
    line.add_audio(item, std::vector<std::int16_t>(static_cast<std::size_t>(ms) * kRate / 1000));
  }

  const Instant start = SteadyClock().now();
  Downlink line = std::move(*Downlink::make(kRate, 60));
};

TEST_F(DownlinkTest, PacketsLeaveFiveAheadAndSentencesBeforeTheirSound) {
  line.add_sentence("a", MediaTime::from_ms(0), "one");
  line.add_sentence("a", MediaTime::from_ms(130), "two");
  add("a", 410);
  EXPECT_THAT(pump(0ms), ElementsAre("one", "@0", "@60", "two", "@120", "@180", "@240"));
  EXPECT_EQ(line.next_at(), start + 60ms);
  EXPECT_THAT(pump(59ms), IsEmpty());
  EXPECT_THAT(pump(60ms), ElementsAre("@300"));
  EXPECT_EQ(line.next_at(), std::nullopt);  // 50 ms are no packet
  line.end_item();
  EXPECT_THAT(pump(120ms), ElementsAre("@360"));
  EXPECT_TRUE(line.is_empty());
  EXPECT_EQ(line.plays_until(), start + 420ms);
}

TEST_F(DownlinkTest, WhatComesLatePlaysThen) {
  add("a", 60);
  EXPECT_THAT(pump(0ms), ElementsAre("@0"));
  add("a", 120);
  EXPECT_THAT(pump(500ms), ElementsAre("@60", "@120"));
  EXPECT_EQ(line.plays_until(), start + 620ms);
}

TEST_F(DownlinkTest, ASentenceWithoutSoundIsToldAtTheEnd) {
  add("a", 60);
  line.add_sentence("a", MediaTime::from_ms(500), "late");
  EXPECT_THAT(pump(0ms), ElementsAre("@0"));
  line.end_item();
  EXPECT_THAT(pump(10ms), ElementsAre("late"));
}

TEST_F(DownlinkTest, WhatWasPlayedIsKnown) {
  add("a", 120);
  add("b", 600);  // "a" ends with it
  add("c", 60);
  line.end_item();
  pump(0ms);
  pump(100ms);
  const std::vector<Downlink::Cut> cuts = line.drop(start + 170ms);
  ASSERT_EQ(cuts.size(), 2U);
  EXPECT_EQ(cuts[0].item_id, "b");
  EXPECT_EQ(cuts[0].played.ms(), 50);
  EXPECT_EQ(cuts[1].item_id, "c");
  EXPECT_EQ(cuts[1].played.ms(), 0);
  EXPECT_TRUE(line.is_empty());
  EXPECT_THAT(line.drop(start + 180ms), IsEmpty());
  // What comes next plays at once.
  add("d", 60);
  EXPECT_THAT(pump(200ms), ElementsAre("@0"));
  EXPECT_EQ(line.plays_until(), start + 260ms);
}

TEST_F(DownlinkTest, AnItemThatWasPlayedToItsEndIsNotCut) {
  add("a", 110);
  line.end_item();
  pump(0ms);
  ASSERT_EQ(line.drop(start + 100ms).size(), 1U);
  add("b", 110);
  line.end_item();
  pump(200ms);
  EXPECT_THAT(line.drop(start + 315ms), IsEmpty());
}

}  // namespace
}  // namespace parley::service
