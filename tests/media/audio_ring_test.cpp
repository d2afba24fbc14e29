// SPDX-License-Identifier: Apache-2.0
#include "media/audio_ring.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace parley::media {
namespace {

std::vector<float> count_from(std::size_t first, std::size_t count) {
  std::vector<float> samples(count);
  std::iota(samples.begin(), samples.end(), static_cast<float>(first));
  return samples;
}

TEST(AudioRing, GivesWindowsAcrossFrames) {
  AudioRing ring(2048);
  std::vector<float> heads;
  std::size_t pushed = 0;
  for (int frame = 0; frame < 100; ++frame) {
    ring.push(count_from(pushed, 320));  // 20 ms at 16 kHz
    pushed += 320;
    for (; ring.size() >= 512; ring.drop(512)) {  // 32 ms
      const std::span<const float> window = ring.window(0, 512);
      EXPECT_EQ(window.front(), static_cast<float>(ring.first_index()));
      EXPECT_EQ(window.back(), static_cast<float>(ring.first_index() + 511));
    }
  }
  EXPECT_EQ(ring.overflowed(), 0U);
  EXPECT_EQ(ring.first_index() + static_cast<std::int64_t>(ring.size()), 32'000);
}

TEST(AudioRing, DropsTheOldestWhenFull) {
  AudioRing ring(10);
  EXPECT_EQ(ring.push(count_from(0, 8)), 0U);
  EXPECT_EQ(ring.push(count_from(8, 5)), 3U);
  EXPECT_EQ(ring.window(0, 10).front(), 3.0F);
  EXPECT_EQ(ring.push(count_from(13, 25)), 25U);  // ten held and fifteen of the new ones
  EXPECT_EQ(ring.window(0, 10).front(), 28.0F);
  EXPECT_EQ(ring.first_index(), 28);
  EXPECT_EQ(ring.overflowed(), 28U);
}

TEST(AudioRing, ClearKeepsTheCount) {
  AudioRing ring(10);
  ring.push(count_from(0, 6));
  ring.clear();
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.first_index(), 6);
  ring.push(count_from(6, 2));
  ring.release();
  EXPECT_EQ(ring.first_index(), 8);
  ring.push(count_from(8, 2));
  EXPECT_EQ(ring.window(1, 1)[0], 9.0F);
}

TEST(AudioRing, RefusesWindowsItDoesNotHold) {
  AudioRing ring(10);
  ring.push(count_from(0, 6));
  EXPECT_EQ(ring.window(6, 0).size(), 0U);
  EXPECT_DEATH((void)ring.window(3, 4), "check failed");
  EXPECT_DEATH((void)ring.window(7, 0), "check failed");
  EXPECT_DEATH(ring.drop(7), "check failed");
}

/// Any order of pushes and drops gives what a deque would hold.
TEST(AudioRing, EqualsADequeWithALimit) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Random random(seed);
    const std::size_t capacity = 1 + random.next() % 700;
    AudioRing ring(capacity);
    std::deque<float> model;
    std::size_t pushed = 0;
    for (int step = 0; step < 500; ++step) {
      const std::size_t count = random.next() % (random.next() % 10 == 0 ? 1000 : 100);
      ring.push(count_from(pushed, count));
      for (std::size_t i = 0; i < count; ++i) model.push_back(static_cast<float>(pushed++));
      while (model.size() > capacity) model.pop_front();
      if (random.next() % 2 == 0) {
        const std::size_t dropped = random.next() % (model.size() + 1);
        ring.drop(dropped);
        model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(dropped));
      }
      ASSERT_EQ(ring.size(), model.size());
      ASSERT_EQ(ring.first_index() + static_cast<std::int64_t>(ring.size()),
                static_cast<std::int64_t>(pushed));
      ASSERT_TRUE(std::ranges::equal(ring.window(0, ring.size()), model));
    }
  }
}

}  // namespace
}  // namespace parley::media
