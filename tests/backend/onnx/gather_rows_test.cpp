// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/gather_rows.h"

#include <algorithm>
#include <array>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using testing::ElementsAre;

OrtValuePtr filled(std::vector<std::int64_t> shape, const std::vector<float>& values) {
  OrtValuePtr value = std::move(*new_float_tensor(shape));
  std::ranges::copy(values, mutable_floats(*value)->begin());
  return value;
}

TEST(GatherRows, CopiesTheRowsThatAreNamed) {
  std::vector<OrtValuePtr> values;
  values.push_back(filled({2, 1, 2}, {1, 2, 3, 4}));
  values.push_back(filled({2, 1, 1}, {5, 6}));
  const std::array<std::size_t, 3> rows{1, 0, 1};
  ASSERT_TRUE(gather_rows(values, rows));
  EXPECT_THAT(*shape_of(*values[0]), ElementsAre(3, 1, 2));
  const auto first = *floats(*values[0]);
  EXPECT_THAT(std::vector(first.begin(), first.end()), ElementsAre(3, 4, 1, 2, 3, 4));
  const auto second = *floats(*values[1]);
  EXPECT_THAT(std::vector(second.begin(), second.end()), ElementsAre(6, 5, 6));
}

TEST(GatherRows, RowsMayBeEmpty) {
  std::vector<OrtValuePtr> values;
  values.push_back(filled({1, 8, 0, 64}, {}));
  const std::array<std::size_t, 2> rows{0, 0};
  ASSERT_TRUE(gather_rows(values, rows));
  EXPECT_THAT(*shape_of(*values[0]), ElementsAre(2, 8, 0, 64));
}

TEST(KeepPositions, LeavesOutTheLaterOnesOfEachHead) {
  std::vector<OrtValuePtr> values;
  values.push_back(filled({1, 2, 3, 2}, {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}));
  ASSERT_TRUE(keep_positions(values, 2));
  EXPECT_THAT(*shape_of(*values[0]), ElementsAre(1, 2, 2, 2));
  const auto kept = *floats(*values[0]);
  EXPECT_THAT(std::vector(kept.begin(), kept.end()), ElementsAre(1, 2, 3, 4, 11, 12, 13, 14));
}

}  // namespace
}  // namespace parley::backend
