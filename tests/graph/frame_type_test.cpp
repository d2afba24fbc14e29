// SPDX-License-Identifier: Apache-2.0
#include "graph/frame_type.h"

#include <gtest/gtest.h>

namespace parley::graph {
namespace {

TEST(FrameType, EveryKindHasAWordAndBack) {
  EXPECT_EQ(frame_type_names().size(), kFrameTypes);
  for (std::size_t type = 0; type < kFrameTypes; ++type) {
    const std::string_view name = frame_type_name(type);
    EXPECT_EQ(frame_type_of(name), type) << name;
    EXPECT_EQ(frame_type_names()[type], name);  // in the order of media::Frame
  }
  EXPECT_EQ(frame_type_of("Audio"), std::nullopt);
}

TEST(FrameType, ANumberBecomesAType) {
  EXPECT_EQ(frame_type_name(frame_index<media::TensorFrame>()), "TensorFrame");
  for (std::size_t type = 0; type < kFrameTypes; ++type) {
    const std::size_t seen = with_frame_type(
        type, []<typename T>(std::type_identity<T> /*kind*/) { return frame_index<T>(); });
    EXPECT_EQ(seen, type);
  }
}

}  // namespace
}  // namespace parley::graph
