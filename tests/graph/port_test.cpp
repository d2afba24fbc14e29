// SPDX-License-Identifier: Apache-2.0
#include "graph/port.h"

#include <gtest/gtest.h>

#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using media::AudioFrame;
using media::SpeechEvent;
using media::Turn;
using test::event;

class Ends final : public Operator {
 public:
  Result<Progress> process(ProcessContext& /*context*/) override { return Progress::need_input; }
  In<SpeechEvent> small{*this, "small", {.capacity = 2}};
  In<SpeechEvent> large{*this, "large"};
  In<AudioFrame> audio{*this, "audio"};
  Out<SpeechEvent> out{*this, "out"};
  Out<AudioFrame> audio_out{*this, "audio_out"};
};

class Port : public ::testing::Test {
 protected:
  Port() {
    for (InBase* in : ends.inputs()) in->attach(scope, NodeSet::bit_of(1), "ends");
    for (OutBase* out : ends.outputs()) out->attach(scope, NodeSet::bit_of(0), "ends");
  }
  PortScope scope;
  Ends ends;
};

TEST_F(Port, RegistersItselfWithItsOperator) {
  ASSERT_EQ(ends.inputs().size(), 3U);
  EXPECT_EQ(ends.inputs()[0]->name(), "small");
  EXPECT_EQ(frame_type_name(ends.inputs()[2]->type()), "AudioFrame");
  ASSERT_EQ(ends.outputs().size(), 2U);
  EXPECT_EQ(&ends.outputs()[0]->owner(), &ends);
}

TEST_F(Port, EveryFrameTypeHasAName) {
  for (std::size_t type = 0; type < kFrameTypes; ++type) EXPECT_NE(frame_type_name(type), "");
}

TEST_F(Port, PushesToEveryConsumerInOrder) {
  ends.out.connect(ends.small);
  ends.out.connect(ends.large);
  ends.out.push(event(1));
  ends.out.push(event(2));
  for (In<SpeechEvent>* in : {&ends.small, &ends.large}) {
    EXPECT_EQ(in->size(), 2U);
    EXPECT_EQ(in->pop().head.sequence, 1U);
    EXPECT_EQ(in->pop().head.sequence, 2U);
    EXPECT_EQ(in->peek(), nullptr);
    EXPECT_EQ(in->counters().frames, 2U);
  }
  EXPECT_EQ(ends.out.counters().frames, 2U);
}

TEST_F(Port, WithoutAConsumerAFrameIsDropped) {
  EXPECT_TRUE(ends.out.has_room(1000));
  ends.out.push(event(1));
  EXPECT_EQ(ends.out.counters().frames, 1U);
}

TEST_F(Port, HasRoomWhenEveryConsumerHas) {
  ends.out.connect(ends.small);
  ends.out.connect(ends.large);
  EXPECT_TRUE(ends.out.has_room(2));
  EXPECT_FALSE(ends.out.has_room(3));
  ends.out.push(event(1));
  ends.out.push(event(2));
  EXPECT_FALSE(ends.out.has_room());
  (void)ends.small.pop();
  EXPECT_TRUE(ends.out.has_room());
}

TEST_F(Port, PushWithoutRoomIsOurMistake) {
  ends.out.connect(ends.small);
  ends.out.push(event(1));
  ends.out.push(event(2));
  EXPECT_DEATH(ends.out.push(event(3)), "check failed");
}

TEST_F(Port, TheLastConsumerGetsTheOriginal) {
  media::BufferPool pool;
  ends.audio_out.connect(ends.audio);
  AudioFrame frame;
  frame.samples = pool.take_floats(320);
  const std::byte* const memory = frame.samples.bytes().data();
  ends.audio_out.push(std::move(frame));
  AudioFrame received = ends.audio.pop();
  // The only owner writes in place: nothing was shared on the way.
  EXPECT_EQ(received.samples.writable().data(), memory);
}

TEST_F(Port, DropsFramesOfOlderTurnsAndCountsThem) {
  ends.out.connect(ends.large);
  ends.out.push(event(1, Turn{1}));
  ends.out.push(event(2));
  ends.out.push(event(3, Turn{1}));
  ends.out.push(event(4, Turn{2}));
  scope.turn = Turn{2};
  ASSERT_NE(ends.large.peek(), nullptr);
  EXPECT_EQ(ends.large.pop().head.sequence, 2U);  // any turn survives
  EXPECT_EQ(ends.large.pop().head.sequence, 4U);
  EXPECT_TRUE(ends.large.empty());
  EXPECT_EQ(ends.large.counters().stale, 2U);
  EXPECT_EQ(ends.large.counters().frames, 2U);
}

TEST_F(Port, StaleFramesMakeRoom) {
  ends.out.connect(ends.small);
  ends.out.push(event(1, Turn{1}));
  ends.out.push(event(2, Turn{1}));
  EXPECT_FALSE(ends.out.has_room());
  scope.turn = Turn{2};
  EXPECT_TRUE(ends.out.has_room());
}

TEST_F(Port, PushMarksTheConsumerAndPopABlockedProducer) {
  ends.out.connect(ends.small);
  ends.small.set_producer(NodeSet::bit_of(0));
  EXPECT_TRUE(scope.ready.empty());
  ends.out.push(event(1));
  EXPECT_EQ(scope.ready.next(0), 1U);
  scope.ready = {};
  (void)ends.small.pop();
  EXPECT_TRUE(scope.ready.empty());  // nobody waits for room
  ends.out.push(event(2));
  scope.ready = {};
  scope.blocked.set(NodeSet::bit_of(0));
  (void)ends.small.pop();
  EXPECT_EQ(scope.ready.next(0), 0U);
}

TEST(FrameQueue, IsFirstInFirstOutThroughWrapsAndGrowth) {
  FrameQueue<std::string> queue(50);
  std::uint64_t pushed = 0;
  std::uint64_t popped = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < (round * 7) % 23 && !queue.full(); ++i) {
      queue.push("a text that is too long for the small string " + std::to_string(pushed++));
    }
    for (int i = 0; i < (round * 5) % 19 && !queue.empty(); ++i) {
      EXPECT_TRUE(queue.pop().ends_with(" " + std::to_string(popped++)));
    }
    ASSERT_EQ(queue.size(), pushed - popped);
  }
  EXPECT_GT(pushed, 500U);
}

TEST(NodeSet, FindsBitsAcrossWords) {
  NodeSet set;
  EXPECT_EQ(set.next(0), NodeSet::kNone);
  set.set(NodeSet::bit_of(63));
  set.set(NodeSet::bit_of(64));
  set.set(NodeSet::bit_of(kNodesMax - 1));
  EXPECT_EQ(set.next(0), 63U);
  EXPECT_EQ(set.next(64), 64U);
  EXPECT_EQ(set.next(65), kNodesMax - 1);
  set.clear(NodeSet::bit_of(kNodesMax - 1));
  EXPECT_EQ(set.next(65), NodeSet::kNone);
  EXPECT_EQ(set.next(kNodesMax), NodeSet::kNone);
}

}  // namespace
}  // namespace parley::graph
