// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/token_times.h"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

std::vector<FrameSpan> warped(const std::vector<std::vector<float>>& rows) {
  return warp(std::vector<std::span<const float>>(rows.begin(), rows.end()));
}

TEST(TokenTimes, ATokenBeginsWhereTheDecoderBeganToListen) {
  const std::vector<FrameSpan> spans = warped({{9, 8, 1, 0, 0, 0, 0, 0},  //
                                               {0, 1, 7, 9, 9, 0, 0, 0},
                                               {0, 0, 0, 0, 0, 9, 1, 0},
                                               {0, 0, 0, 0, 0, 0, 8, 9}});
  ASSERT_EQ(spans.size(), 4U);
  EXPECT_EQ(spans[0].begin, 0U);
  EXPECT_EQ(spans[1].begin, 2U);
  EXPECT_EQ(spans[1].end, 5U);
  EXPECT_EQ(spans[2].begin, 5U);
  EXPECT_EQ(spans[3].begin, 6U);
  EXPECT_EQ(spans[3].end, 8U);
}

TEST(TokenTimes, ALookBackDoesNotReverseTime) {
  const std::vector<FrameSpan> spans = warped({{5, 1, 0, 0}, {0, 0, 5, 1}, {6, 0, 0, 5}});
  EXPECT_LE(spans[0].begin, spans[1].begin);
  EXPECT_LE(spans[1].begin, spans[2].begin);
  EXPECT_EQ(spans[2].begin, 3U);
}

TEST(TokenTimes, MoreTokensThanFrames) {
  const std::vector<FrameSpan> spans = warped({{1, 0}, {1, 0}, {0, 1}});
  EXPECT_EQ(spans[0].begin, 0U);
  EXPECT_EQ(spans[2].end, 2U);
}

TEST(TokenTimes, APauseBelongsToNobodyButAClosureDoes) {
  std::vector<char> quiet(30, 0);
  for (std::size_t i = 10; i < 18; ++i) quiet[i] = 1;  // 192 ms
  quiet[20] = quiet[21] = 1;                           // 48 ms
  EXPECT_EQ(without_pauses({10, 25}, quiet).begin, 18U);
  EXPECT_EQ(without_pauses({0, 18}, quiet).end, 10U);
  EXPECT_EQ(without_pauses({20, 25}, quiet).begin, 20U);
  EXPECT_EQ(without_pauses({11, 15}, quiet).begin, 11U) << "nothing but silence: left alone";
}

TEST(TokenTimes, QuietIsMeasuredByTheLoudest) {
  constexpr std::size_t kFrame = 384;
  std::vector<float> audio(kFrame * 20, 0.001F);
  for (std::size_t i = 0; i < kFrame * 10; ++i) audio[i] = i % 2 == 0 ? 0.2F : -0.2F;
  const std::vector<char> quiet = quiet_frames(audio, kFrame);
  ASSERT_EQ(quiet.size(), 20U);
  EXPECT_FALSE(quiet[5]);
  EXPECT_TRUE(quiet[15]);
  EXPECT_TRUE(quiet_frames({}, kFrame).empty());
}

TEST(TokenTimes, PiecesBecomeWordsWithTheirTimes) {
  constexpr std::size_t kFrame = 320;
  const std::vector<float> audio(kFrame * 8, 0.1F);
  const std::vector<std::vector<float>> rows{{9, 1, 0, 0, 0, 0, 0, 0},
                                             {0, 0, 9, 9, 0, 0, 0, 0},
                                             {0, 0, 0, 0, 9, 9, 0, 0},
                                             {0, 0, 0, 0, 0, 0, 9, 9}};
  const std::vector<std::span<const float>> attention(rows.begin(), rows.end());
  const std::vector<std::string> pieces{" one", " tw", "o."};
  const std::vector<media::WordTime> words = word_times(pieces, attention, audio, kFrame);
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].text, "one");
  EXPECT_EQ(words[0].begin.ms(), 0);
  EXPECT_EQ(words[1].text, "two.");
  EXPECT_EQ(words[1].begin.ms(), 40);
  EXPECT_EQ(words[1].end.ms(), 120);
  EXPECT_TRUE(word_times(pieces, std::span(attention).first(3), audio, kFrame).empty());
  EXPECT_TRUE(word_times({}, std::span(attention).first(1), audio, kFrame).empty());
}

}  // namespace
}  // namespace parley::backend
