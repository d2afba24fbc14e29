// SPDX-License-Identifier: Apache-2.0
#include "operators/device/sample_ring.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace parley::operators {
namespace {

TEST(SampleRing, GivesBackWhatWentInAndCountsWhatDidNot) {
  SampleRing ring(8);
  EXPECT_EQ(ring.write(std::vector<float>{1, 2, 3, 4, 5, 6}), 6U);
  std::vector<float> out(4);
  EXPECT_EQ(ring.read(out), 4U);
  EXPECT_EQ(out, (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(ring.write(std::vector<float>{7, 8, 9, 10, 11, 12, 13}), 6U);  // over the edge
  EXPECT_EQ(ring.dropped(), 1U);
  EXPECT_EQ(ring.size(), 8U);
  EXPECT_EQ(ring.skip(2), 2U);
  out.assign(10, 0.0F);
  EXPECT_EQ(ring.read(out), 6U);
  EXPECT_EQ(out, (std::vector<float>{7, 8, 9, 10, 11, 12, 0, 0, 0, 0}));
  EXPECT_EQ(ring.skip(5), 0U);
}

TEST(SampleRing, KeepsTheOrderBetweenTwoThreads) {
  constexpr int kSamples = 200'000;
  SampleRing ring(256);
  std::thread producer([&ring] {
    std::vector<float> chunk;
    for (int next = 0; next < kSamples;) {
      chunk.clear();
      for (int i = 0; i < 1 + next % 97 && next + i < kSamples; ++i) {
        chunk.push_back(static_cast<float>(next + i));
      }
      next += static_cast<int>(ring.write(chunk));
    }
  });
  std::vector<float> out(100);
  int expected = 0;
  bool in_order = true;
  while (expected < kSamples) {
    const std::size_t count = ring.read(out);
    for (std::size_t i = 0; i < count; ++i) in_order &= out[i] == static_cast<float>(expected++);
  }
  producer.join();
  EXPECT_TRUE(in_order);
}

}  // namespace
}  // namespace parley::operators
