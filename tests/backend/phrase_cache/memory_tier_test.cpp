// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/memory_tier.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/backend/phrase_cache/phrases.h"

namespace parley::backend {
namespace {

using test::key_of;
using Place = MemoryTier::Place;

class MemoryTierTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kSamples = 4096;

  PhraseRef phrase(std::size_t samples = kSamples) {
    return test::make_shared_phrase(buffers, samples);
  }
  /// Bytes of `count` phrases.
  std::size_t room(std::size_t count) {
    return count * (phrase()->bytes() + MemoryTier::kEntryBytes);
  }
  std::size_t add(MemoryTier& tier, const std::string& text, Place place = Place::probation) {
    return tier.insert(key_of(text), phrase(), place).size();
  }
  static bool has(MemoryTier& tier, const std::string& text) {
    return tier.find(key_of(text)) != nullptr;
  }

  media::BufferPool buffers;
};

TEST_F(MemoryTierTest, GivesTheSameBlockToEverybody) {
  MemoryTier tier(room(10));
  const PhraseRef stored = phrase();
  EXPECT_TRUE(tier.insert(key_of("a"), stored, Place::probation).empty());
  EXPECT_EQ(tier.find(key_of("a")), stored);
  EXPECT_EQ(tier.find(key_of("b")), nullptr);
  EXPECT_EQ(tier.bytes(), room(1));
}

TEST_F(MemoryTierTest, EvictsTheLeastRecentlyUsedOfThoseUsedOnce) {
  MemoryTier tier(room(10));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(add(tier, std::to_string(i)), 0U);
  EXPECT_EQ(add(tier, "new"), 1U);
  EXPECT_FALSE(has(tier, "0"));
  EXPECT_TRUE(has(tier, "1"));  // a use: protected now
  EXPECT_EQ(add(tier, "newer"), 1U);
  EXPECT_TRUE(has(tier, "1"));
  EXPECT_FALSE(has(tier, "2"));
  EXPECT_EQ(tier.bytes(), room(10));
}

TEST_F(MemoryTierTest, SentencesThatNobodyRepeatsLeaveCommonOnesAlone) {
  MemoryTier tier(room(10));
  for (int i = 0; i < 6; ++i) add(tier, "common " + std::to_string(i));
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(has(tier, "common " + std::to_string(i)));
  for (int i = 0; i < 1000; ++i) add(tier, "once " + std::to_string(i));
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(has(tier, "common " + std::to_string(i))) << i;
}

TEST_F(MemoryTierTest, CommonOnesLeaveRoomForNewcomers) {
  MemoryTier tier(room(10));
  for (int i = 0; i < 10; ++i) add(tier, std::to_string(i));
  for (int i = 0; i < 10; ++i) has(tier, std::to_string(i));  // all were used again
  add(tier, "new");
  add(tier, "newer");
  EXPECT_TRUE(has(tier, "new"));  // it was not the first to go
  EXPECT_FALSE(has(tier, "0"));   // back on probation when there were more than eight
  EXPECT_TRUE(has(tier, "9"));
}

TEST_F(MemoryTierTest, PinnedOnesStay) {
  MemoryTier tier(room(10));
  add(tier, "pinned", Place::pinned);
  add(tier, "pinned later");
  EXPECT_TRUE(tier.pin(key_of("pinned later")));
  EXPECT_FALSE(tier.pin(key_of("nowhere")));
  for (int i = 0; i < 100; ++i) {
    add(tier, std::to_string(i));
    has(tier, std::to_string(i));
  }
  EXPECT_TRUE(has(tier, "pinned"));
  EXPECT_TRUE(has(tier, "pinned later"));
  EXPECT_EQ(tier.pinned_bytes(), room(2));
  EXPECT_LE(tier.bytes(), room(10));
}

TEST_F(MemoryTierTest, PinningTakesHalfOfTheMemoryAtMost) {
  MemoryTier tier(room(10));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(add(tier, "p" + std::to_string(i), Place::pinned), 0U);
  EXPECT_EQ(add(tier, "p5", Place::pinned), 1U);
  EXPECT_FALSE(has(tier, "p5"));
  EXPECT_EQ(tier.size(), 5U);
}

TEST_F(MemoryTierTest, APhraseOfAnEighthOfTheMemoryIsTooLarge) {
  MemoryTier tier(room(10));
  EXPECT_EQ(tier.insert(key_of("long"), phrase(2 * kSamples), Place::probation).size(), 1U);
  EXPECT_EQ(tier.size(), 0U);
  EXPECT_EQ(tier.bytes(), 0U);
}

TEST_F(MemoryTierTest, TheSameKeyAgainReplacesAndStaysPinned) {
  MemoryTier tier(room(10));
  add(tier, "a", Place::pinned);
  const PhraseRef second = phrase();
  EXPECT_EQ(tier.insert(key_of("a"), second, Place::probation).size(), 1U);
  EXPECT_EQ(tier.find(key_of("a")), second);
  EXPECT_EQ(tier.pinned_bytes(), room(1));
  EXPECT_EQ(tier.size(), 1U);
}

TEST_F(MemoryTierTest, WithoutRoomItKeepsNothing) {
  MemoryTier tier(0);
  EXPECT_EQ(add(tier, "a"), 1U);
  EXPECT_EQ(add(tier, "b", Place::pinned), 1U);
  EXPECT_EQ(tier.bytes(), 0U);
}

}  // namespace
}  // namespace parley::backend
