// SPDX-License-Identifier: Apache-2.0
#include "operators/turn/input_buffer.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/allocation_counter.h"

namespace parley::operators {
namespace {

using media::MediaTime;

MediaTime ms(std::int64_t value) { return MediaTime::from_ms(value); }

/// A ramp whose s16 value is its sample index, so that every sample tells where it was.
std::vector<float> ramp(int begin, int count) {
  std::vector<float> samples;
  for (int i = 0; i < count; ++i) samples.push_back(static_cast<float>(begin + i) / 32768.0F);
  return samples;
}

TEST(InputBuffer, GivesBackAStretchByTime) {
  InputBuffer buffer;
  buffer.append(ms(0), ramp(0, 1600));
  buffer.append(ms(100), ramp(1600, 1600));
  const auto range = buffer.range(ms(50), ms(150));
  ASSERT_EQ(range.size(), 1600U);
  EXPECT_EQ(range.front(), 800);
  EXPECT_EQ(range.back(), 2399);
  EXPECT_EQ(buffer.end(), ms(200));
}

TEST(InputBuffer, CutsAStretchToWhatIsHeld) {
  InputBuffer buffer;
  buffer.append(ms(0), ramp(0, 1600));
  EXPECT_EQ(buffer.range(ms(90), ms(500)).size(), 160U);
  EXPECT_TRUE(buffer.range(ms(200), ms(300)).empty());
  EXPECT_TRUE(buffer.range(ms(80), ms(20)).empty());
}

TEST(InputBuffer, KeepsTimesWhenTheFrontGoes) {
  InputBuffer buffer;
  buffer.append(ms(0), ramp(0, 16'000));
  buffer.discard_before(ms(600));
  EXPECT_EQ(buffer.begin(), ms(600));
  EXPECT_EQ(buffer.range(ms(600), ms(601)).front(), 9600);
  EXPECT_EQ(buffer.range(ms(0), ms(700)).size(), 1600U);
}

TEST(InputBuffer, GivesBackTheMemoryOfALongTurnAndThenAllocatesNoMore) {
  for (const int padding_ms : {0, 300, 2000}) {
    InputBuffer buffer;
    const std::vector<float> frame(320, 0.0F);
    int at = 0;
    const auto hear = [&](int frames) {
      for (int i = 0; i < frames; ++i, at += 20) buffer.append(ms(at), frame);
    };
    const auto rest = [&](int frames) {
      for (int i = 0; i < frames; ++i) {
        hear(1);
        buffer.discard_before(ms(at - padding_ms));
      }
    };
    hear(500);
    buffer.discard_before(ms(at - padding_ms));
    rest(100);
    const std::size_t held =
        static_cast<std::size_t>(padding_ms + 250) * 16U * sizeof(std::int16_t);
    EXPECT_LE(buffer.memory_bytes(), 2 * held + 16'000U);
    const std::uint64_t before = test::allocations();
    rest(500);
    EXPECT_EQ(test::allocations() - before, 0U) << "with a padding of " << padding_ms << " ms";
  }
}

TEST(InputBuffer, FillsAGapWithSilence) {
  InputBuffer buffer;
  buffer.append(ms(0), ramp(100, 160));
  buffer.append(ms(20), ramp(100, 160));
  EXPECT_EQ(buffer.range(ms(10), ms(20)).front(), 0);
  EXPECT_EQ(buffer.range(ms(20), ms(30)).front(), 100);
}

TEST(InputBuffer, DropsTheOldestAtItsLimit) {
  InputBuffer buffer;
  Counter counter;
  buffer.count_dropped_in(counter);
  const std::vector<float> minute(static_cast<std::size_t>(60 * kInputBufferRate), 0.0F);
  for (int i = 0; i < 12; ++i) buffer.append(ms(i * 60'000), minute);
  EXPECT_EQ(buffer.end(), ms(12 * 60'000));
  EXPECT_LE(buffer.end() - buffer.begin(), kInputBufferMax);
  EXPECT_GE(buffer.end() - buffer.begin(), kInputBufferMax - ms(10'000));
  EXPECT_EQ(counter.value(), buffer.dropped_samples());
  EXPECT_EQ(buffer.dropped_samples(), static_cast<std::uint64_t>(buffer.begin().samples(16'000)));
}

TEST(InputBuffer, MakesRoomForManyFramesAtOnceWhenItIsFull) {
  InputBuffer buffer;
  buffer.append(MediaTime{}, std::vector<float>(std::size_t{600} * kInputBufferRate, 0.0F));
  const std::vector<float> frame(320, 0.0F);
  buffer.append(ms(600'000), frame);
  const MediaTime begin = buffer.begin();
  for (int i = 1; i < 400; ++i) buffer.append(ms(600'000 + i * 20), frame);
  EXPECT_EQ(buffer.begin(), begin) << "moving ten minutes for each frame";
}

}  // namespace
}  // namespace parley::operators
