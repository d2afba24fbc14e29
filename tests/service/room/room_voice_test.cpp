// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_voice.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/buffer_pool.h"

namespace parley::service {
namespace {

using media::MediaTime;
using std::chrono_literals::operator""ms;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kRate = 24'000;
constexpr std::size_t kFrame = 480;  // samples of 20 ms

class RoomVoiceTest : public ::testing::Test {
 protected:
  /// `length` of sound, each sample `level`.
  static std::vector<std::int16_t> sound(Millis length, std::int16_t level = 1'000) {
    return std::vector<std::int16_t>(static_cast<std::size_t>(length.count()) * kRate / 1'000,
                                     level);
  }
  void pump() {
    voice.pump(now, {.sound =
                         [&](media::BufferRef bytes) {
                           ASSERT_EQ(bytes.size(), kFrame * sizeof(std::int16_t));
                           const auto* const first =
                               reinterpret_cast<const std::int16_t*>(bytes.bytes().data());
                           given.insert(given.end(), first, first + kFrame);
                         },
                     .words = [&](const std::string& item,
                                  std::string words) { told.push_back(item + ": " + words); },
                     .over = [&](const std::string& item) { told.push_back(item + " is over"); }});
  }
  /// As the session does: whenever there is something to give.
  void pass(Millis length) {
    const Instant until = now + length;
    pump();
    for (auto next = voice.next_at(now); next && *next <= until; next = voice.next_at(now)) {
      ASSERT_GE(*next, now);
      now = *next;
      pump();
    }
    now = until;
    pump();
  }
  [[nodiscard]] Millis given_length() const {
    return Millis(static_cast<std::int64_t>(given.size()) * 1'000 / kRate);
  }
  std::vector<std::string> lines() { return std::exchange(told, {}); }

  media::BufferPool buffers;
  RoomVoice voice{buffers, kRate};
  Instant now = Instant() + 5'000ms;
  std::vector<std::int16_t> given;
  std::vector<std::string> told;
};

TEST_F(RoomVoiceTest, SoundLeavesALittleBeforeItIsPlayed) {
  voice.add_audio("a", sound(1'000ms));
  pump();
  EXPECT_EQ(given_length(), kVoiceLead);
  EXPECT_EQ(voice.plays_until(), now + kVoiceLead);
  EXPECT_EQ(voice.waiting(), MediaTime::from_ms(800));
  EXPECT_EQ(voice.next_at(now), now + kVoiceLead - kVoiceRefill);
  now = now + 60ms;
  pump();
  EXPECT_EQ(given_length(), kVoiceLead) << "enough lies ready";
  now = now + 40ms;
  pump();
  EXPECT_EQ(given_length(), 300ms);
  pass(1'000ms);
  EXPECT_EQ(given_length(), 1'000ms);
}

TEST_F(RoomVoiceTest, WordsGoOutWhenTheyAreHeard) {
  voice.add_audio("a", sound(1'000ms));
  voice.add_words("a", {}, "One");
  voice.add_words("a", MediaTime::from_ms(310), " two");
  pass(0ms);
  EXPECT_THAT(lines(), ElementsAre("a: One"));
  pass(309ms);
  EXPECT_THAT(lines(), IsEmpty());
  pass(1ms);
  EXPECT_THAT(lines(), ElementsAre("a:  two")) << "not later, either";
}

TEST_F(RoomVoiceTest, AnItemIsOverWhenItsLastSampleHasBeenHeardWithAllOfItsWords) {
  voice.add_audio("a", sound(100ms));
  voice.add_words("a", {}, "One");
  voice.add_words("a", MediaTime::from_ms(400), " two");
  pass(90ms);
  EXPECT_THAT(lines(), ElementsAre("a: One"));
  EXPECT_FALSE(voice.is_silent(now));
  voice.end_item();
  pass(10ms);
  EXPECT_THAT(lines(), ElementsAre("a:  two", "a is over"));
  EXPECT_TRUE(voice.is_silent(now));
  EXPECT_EQ(voice.next_at(now), std::nullopt);
}

TEST_F(RoomVoiceTest, WithoutMoreTheLastFrameIsFilledWithSilence) {
  voice.add_audio("a", std::vector<std::int16_t>(100, 7));
  pump();
  EXPECT_THAT(given, IsEmpty()) << "more of it may come";
  EXPECT_EQ(voice.next_at(now), std::nullopt);
  voice.end_item();
  pump();
  ASSERT_EQ(given.size(), kFrame);
  EXPECT_EQ(given[99], 7);
  EXPECT_EQ(given[100], 0);
}

TEST_F(RoomVoiceTest, SoundThatIsTooLoudIsClippedNotWrapped) {
  voice.add_audio("a", std::vector<float>{2.0F, -2.0F, 0.5F});
  voice.end_item();
  pump();
  ASSERT_EQ(given.size(), kFrame);
  EXPECT_EQ(given[0], 32'767);
  EXPECT_EQ(given[1], -32'767);
  EXPECT_EQ(given[2], 16'383);
}

TEST_F(RoomVoiceTest, ItemsFollowOneAnotherAndTheirWordsCountFromTheirOwnBegin) {
  voice.add_audio("a", sound(100ms));
  voice.add_audio("b", sound(100ms));
  voice.add_words("b", {}, "B");
  pass(99ms);
  EXPECT_THAT(lines(), IsEmpty());
  pass(1ms);
  EXPECT_THAT(lines(), ElementsAre("b: B", "a is over")) << "b began where a ended";
  pass(100ms);
  EXPECT_THAT(lines(), IsEmpty()) << "b may go on";
}

TEST_F(RoomVoiceTest, WhereTheVoicePausedIsNotHeardTwice) {
  voice.add_audio("a", sound(100ms));
  pass(1'000ms);
  voice.add_audio("a", sound(400ms));
  voice.add_words("a", MediaTime::from_ms(200), "late");
  pass(0ms);
  EXPECT_EQ(voice.plays_until(), now + kVoiceLead) << "it plays when it was written";
  pass(99ms);
  EXPECT_THAT(lines(), IsEmpty());
  pass(1ms);
  EXPECT_THAT(lines(), ElementsAre("a: late"));
  const auto cuts = voice.drop(now);
  ASSERT_EQ(cuts.size(), 1U);
  EXPECT_EQ(cuts[0].played, MediaTime::from_ms(200));
}

TEST_F(RoomVoiceTest, WhatIsDroppedIsCutWhereItWasHeard) {
  voice.add_audio("a", sound(100ms));
  voice.end_item();
  voice.add_audio("b", sound(2'000ms));
  voice.add_words("b", MediaTime::from_ms(1'000), "never");
  voice.add_audio("c", sound(500ms));
  pass(350ms);
  EXPECT_THAT(lines(), ElementsAre("a is over"));
  const auto cuts = voice.drop(now);
  ASSERT_EQ(cuts.size(), 2U);
  EXPECT_EQ(cuts[0].item_id, "b");
  EXPECT_EQ(cuts[0].played, MediaTime::from_ms(250));
  EXPECT_EQ(cuts[1].item_id, "c");
  EXPECT_EQ(cuts[1].played, MediaTime());
  EXPECT_TRUE(voice.is_silent(now));
  const Millis before = given_length();
  pass(3'000ms);
  EXPECT_EQ(given_length(), before);
  EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(RoomVoiceTest, AfterADropTheNextItemIsHeardAtOnce) {
  voice.add_audio("a", sound(2'000ms));
  pass(500ms);
  EXPECT_EQ(voice.drop(now).size(), 1U);
  EXPECT_THAT(voice.drop(now), IsEmpty());
  voice.add_audio("b", sound(300ms));
  voice.add_words("b", MediaTime::from_ms(100), "new");
  pass(0ms);
  EXPECT_EQ(voice.plays_until(), now + kVoiceLead);
  pass(100ms);
  EXPECT_THAT(lines(), ElementsAre("b: new"));
  EXPECT_EQ(voice.drop(now).front().played, MediaTime::from_ms(100));
}

}  // namespace
}  // namespace parley::service
