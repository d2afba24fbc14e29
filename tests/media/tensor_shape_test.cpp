// SPDX-License-Identifier: Apache-2.0
#include "media/tensor_shape.h"

#include <gtest/gtest.h>

namespace parley::media {
namespace {

TEST(TensorShape, KnowsItsDimensions) {
  const TensorShape shape{1, 80, 100};
  EXPECT_EQ(shape.rank(), 3U);
  EXPECT_EQ(shape.dims()[1], 80);
  EXPECT_EQ(shape.elements(), 8000U);
  EXPECT_EQ(TensorShape().elements(), 1U);
  EXPECT_EQ(shape, (TensorShape{1, 80, 100}));
  EXPECT_NE(shape, (TensorShape{1, 80}));
}

TEST(TensorShape, KnowsTheBytesOfAnElement) {
  EXPECT_EQ(element_size(ElementType::float32), 4U);
  EXPECT_EQ(element_size(ElementType::int64), 8U);
  EXPECT_EQ(element_size(ElementType::uint8), 1U);
}

}  // namespace
}  // namespace parley::media
