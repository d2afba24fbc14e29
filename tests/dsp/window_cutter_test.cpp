// SPDX-License-Identifier: Apache-2.0
#include "dsp/window_cutter.h"

#include <vector>

#include <gtest/gtest.h>

namespace parley::dsp {
namespace {

std::vector<float> count_up(std::size_t samples) {
  std::vector<float> out(samples);
  for (std::size_t i = 0; i < samples; ++i) out[i] = static_cast<float>(i);
  return out;
}

/// All windows of `stream`, pushed in chunks.
std::vector<std::vector<float>> cut(WindowCutter& cutter, std::span<const float> stream,
                                    std::size_t chunk) {
  std::vector<std::vector<float>> windows;
  std::vector<float> window(cutter.size());
  while (!stream.empty()) {
    const auto now = stream.first(std::min(chunk, stream.size()));
    cutter.push(now);
    while (cutter.next(window)) windows.push_back(window);
    stream = stream.subspan(now.size());
  }
  cutter.finish();
  while (cutter.next(window)) windows.push_back(window);
  return windows;
}

TEST(WindowCutter, SnippedWindowsAreWhole) {
  WindowCutter cutter(4, 2, WindowEdge::snip, 100);
  const auto windows = cut(cutter, count_up(9), 100);
  ASSERT_EQ(windows.size(), 3U);
  EXPECT_EQ(windows[0], (std::vector<float>{0, 1, 2, 3}));
  EXPECT_EQ(windows[2], (std::vector<float>{4, 5, 6, 7}));
}

TEST(WindowCutter, KaldisEdgesMirrorWithTheEdgeRepeated) {
  WindowCutter cutter(6, 2, WindowEdge::kaldi, 100);
  const auto windows = cut(cutter, count_up(7), 100);
  ASSERT_EQ(windows.size(), 4U);  // (7 + 1) / 2
  EXPECT_EQ(windows[0], (std::vector<float>{1, 0, 0, 1, 2, 3}));
  EXPECT_EQ(windows[3], (std::vector<float>{4, 5, 6, 6, 5, 4}));
}

TEST(WindowCutter, CentredWindowsMirrorAroundTheEdge) {
  WindowCutter cutter(4, 2, WindowEdge::centred, 100);
  const auto windows = cut(cutter, count_up(6), 100);
  ASSERT_EQ(windows.size(), 3U);
  EXPECT_EQ(windows[0], (std::vector<float>{2, 1, 0, 1}));
  EXPECT_EQ(windows[2], (std::vector<float>{2, 3, 4, 5}));
}

TEST(WindowCutter, ChunksLeaveNoTrace) {
  const std::vector<float> stream = count_up(5'000);
  for (const WindowEdge edge : {WindowEdge::snip, WindowEdge::kaldi, WindowEdge::centred}) {
    WindowCutter whole(400, 160, edge, 5'000);
    const auto expected = cut(whole, stream, 5'000);
    for (const std::size_t chunk : {1U, 7U, 160U, 320U, 999U}) {
      WindowCutter cutter(400, 160, edge, 1'000);
      EXPECT_EQ(cut(cutter, stream, chunk), expected) << chunk;
    }
  }
}

TEST(WindowCutter, ShortStreamsAndResets) {
  WindowCutter cutter(400, 160, WindowEdge::kaldi, 1'000);
  EXPECT_EQ(cut(cutter, count_up(0), 1).size(), 0U);
  cutter.reset();
  const auto one = cut(cutter, count_up(1), 1);
  EXPECT_EQ(one.size(), 0U);  // less than half a hop
  cutter.reset();
  const auto hundred = cut(cutter, count_up(100), 100);
  ASSERT_EQ(hundred.size(), 1U);
  EXPECT_EQ(hundred[0][0], 80.0F);  // sample -120: mirrored to 119, and that again to 80
  EXPECT_EQ(hundred[0][120], 0.0F);
}

}  // namespace
}  // namespace parley::dsp
