// SPDX-License-Identifier: Apache-2.0
#include "graph/link.h"

#include <variant>

#include <gtest/gtest.h>

#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using media::SpeechEvent;

TEST(Link, IsASystemLaneForWhatSteers) {
  EXPECT_TRUE(make_link(frame_index<media::Control>(), "c", 4)->is_system());
  EXPECT_TRUE(make_link(frame_index<media::ErrorEvent>(), "e", 4)->is_system());
  EXPECT_FALSE(make_link(frame_index<media::AudioFrame>(), "a", 4)->is_system());
}

TEST(Link, RefusesWhenFullAndRemembersTheWishForRoom) {
  const auto link = make_link(frame_index<SpeechEvent>(), "s", 2);
  media::Frame frame = test::event(1);
  EXPECT_TRUE(link->push(frame));
  frame = test::event(2);
  EXPECT_TRUE(link->push(frame));
  EXPECT_FALSE(link->take_wish_for_room());
  frame = test::event(3);
  EXPECT_FALSE(link->push(frame));
  EXPECT_EQ(std::get<SpeechEvent>(frame).head.sequence, 3U);  // untouched
  EXPECT_EQ(std::get<SpeechEvent>(*link->poll()).head.sequence, 1U);
  EXPECT_TRUE(link->take_wish_for_room());
  EXPECT_TRUE(link->push(frame));
  const LinkStats stats = link->stats();
  EXPECT_EQ(stats.frames, 3U);
  EXPECT_EQ(stats.full, 1U);
  EXPECT_EQ(stats.depth, 2U);
  EXPECT_EQ(stats.depth_max, 2U);
}

}  // namespace
}  // namespace parley::graph
