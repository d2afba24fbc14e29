// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/fsmn_features.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/audio.h"

namespace parley::backend {
namespace {

FsmnFeatures plain_features() {
  KaldiCmvn cmvn;
  cmvn.shift.assign(kFsmnInput, 0.0F);
  cmvn.scale.assign(kFsmnInput, 1.0F);
  return *FsmnFeatures::make(std::move(cmvn));
}

std::vector<float> rows_of(std::span<const float> samples, std::size_t piece) {
  FsmnFeatures features = plain_features();
  FsmnTail tail;
  std::vector<float> rows;
  while (!samples.empty()) {
    const std::size_t count = std::min(piece, samples.size());
    features.add(samples.first(count), tail, rows);
    samples = samples.subspan(count);
  }
  features.finish(tail, rows);
  return rows;
}

std::vector<float> part(const std::vector<float>& rows, std::size_t row, std::size_t place) {
  const auto begin =
      rows.begin() + static_cast<std::ptrdiff_t>(row * kFsmnInput + place * kFsmnBins);
  return {begin, begin + kFsmnBins};
}

TEST(FsmnFeatures, AreTheSameHoweverTheStreamIsCut) {
  const std::vector<float> samples = test::noise(16'123, 1, 0.3);
  const std::vector<float> whole = rows_of(samples, samples.size());
  EXPECT_EQ(whole.size(), kFsmnInput * ((samples.size() - kFsmnWindow) / kFsmnHop + 1));
  for (const std::size_t piece : {1U, 160U, 512U, 5'000U}) {
    EXPECT_EQ(rows_of(samples, piece), whole) << piece;
  }
}

TEST(FsmnFeatures, HaveTheirNeighboursBesideThem) {
  const std::vector<float> rows = rows_of(test::noise(8'000, 2, 0.3), 512);
  const std::size_t last = rows.size() / kFsmnInput - 1;
  for (std::size_t row = 2; row <= last; ++row) {
    for (std::size_t place = 0; place < 3; ++place) {
      ASSERT_EQ(part(rows, row, place), part(rows, row - 2 + place, 2)) << row;
    }
  }
  // At the ends the first and the last stand in.
  EXPECT_EQ(part(rows, 0, 0), part(rows, 0, 2));
  EXPECT_EQ(part(rows, 0, 1), part(rows, 0, 2));
  EXPECT_NE(part(rows, 0, 3), part(rows, 0, 2));
  EXPECT_EQ(part(rows, last, 3), part(rows, last, 2));
  EXPECT_EQ(part(rows, last, 4), part(rows, last, 2));
}

TEST(FsmnFeatures, NeedAWholeWindow) {
  EXPECT_TRUE(rows_of(test::noise(kFsmnWindow - 1, 3, 0.3), 512).empty());
  const std::vector<float> one = rows_of(test::noise(kFsmnWindow, 3, 0.3), 512);
  ASSERT_EQ(one.size(), kFsmnInput);
  for (std::size_t place = 1; place < kFsmnSplice; ++place) {
    EXPECT_EQ(part(one, 0, place), part(one, 0, 0));
  }
}

TEST(FsmnFeatures, AreShiftedThenScaled) {
  KaldiCmvn cmvn;
  cmvn.shift.assign(kFsmnInput, 1.0F);
  cmvn.scale.assign(kFsmnInput, 2.0F);
  FsmnFeatures features = *FsmnFeatures::make(std::move(cmvn));
  FsmnTail tail;
  std::vector<float> rows;
  const std::vector<float> samples = test::noise(kFsmnWindow, 3, 0.3);
  features.add(samples, tail, rows);
  features.finish(tail, rows);
  const std::vector<float> plain = rows_of(samples, samples.size());
  for (std::size_t i = 0; i < kFsmnInput; ++i) ASSERT_EQ(rows[i], (plain[i] + 1.0F) * 2.0F);
}

}  // namespace
}  // namespace parley::backend
