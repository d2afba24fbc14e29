// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/batch_operator.h"

#include <chrono>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using namespace std::chrono_literals;
using media::AudioFrame;
using media::MediaTime;
using media::TensorFrame;
using media::TensorShape;
using test::OperatorHarness;
using Tensors = BatchOperator<TensorFrame>;
using Audio = BatchOperator<AudioFrame>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BatchOperatorTest : public ::testing::Test {
 protected:
  void open(Tensors::Options options, std::size_t outlet_capacity = 4096) {
    harness = std::make_unique<OperatorHarness>(
        std::make_unique<Tensors>(options, pool),
        OperatorHarness::Options{.outlet_capacity = outlet_capacity});
    ASSERT_TRUE(harness->open());
  }
  /// Two floats: the number and its double.
  TensorFrame tensor(int number, TensorShape shape = {2}) {
    TensorFrame frame;
    frame.shape = shape;
    std::vector<float> values(shape.elements(), static_cast<float>(number));
    values.back() *= 2.0F;
    frame.data = pool.copy_of(values);
    frame.head.pts = MediaTime::from_ms(20 * number);
    frame.head.duration = MediaTime::from_ms(20);
    return frame;
  }
  void feed(TensorFrame frame) {
    harness->feed("frames", std::move(frame));
    harness->run();
  }
  std::vector<TensorFrame> batches() { return harness->read<TensorFrame>("batch"); }

  media::BufferPool pool;
  std::unique_ptr<OperatorHarness> harness;
};

TEST_F(BatchOperatorTest, SendsAFullBatchAtOnce) {
  open({.items_max = 3, .delay_max = 50ms});
  for (int i = 1; i <= 7; ++i) feed(tensor(i));
  const std::vector<TensorFrame> sent = batches();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].shape, (TensorShape{3, 2}));
  EXPECT_THAT(sent[0].data.floats(), ElementsAre(1, 2, 2, 4, 3, 6));
  EXPECT_THAT(sent[1].data.floats(), ElementsAre(4, 8, 5, 10, 6, 12));
  EXPECT_EQ(sent[1].head.pts, MediaTime::from_ms(80));
  EXPECT_EQ(sent[1].head.duration, MediaTime::from_ms(60));
  EXPECT_EQ(sent[1].head.sequence, 1U);
  EXPECT_TRUE(harness->as<Tensors>().is_busy());
}

TEST_F(BatchOperatorTest, SendsWhatThereIsWhenTheFirstHasWaitedLongEnough) {
  open({.items_max = 16, .delay_max = 50ms});
  feed(tensor(1));
  harness->advance(30ms);
  feed(tensor(2));
  harness->advance(19ms);
  EXPECT_TRUE(batches().empty());
  harness->advance(1ms);
  const std::vector<TensorFrame> sent = batches();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].shape, (TensorShape{2, 2}));
  EXPECT_EQ(harness->as<Tensors>().stats().late, 1U);
  const std::string metrics = harness->metrics.render();
  EXPECT_THAT(metrics, HasSubstr("parley_graph_batch_frames_sum{node=\"op\"} 2"));
  EXPECT_THAT(metrics, HasSubstr("parley_graph_batch_wait_seconds_sum{node=\"op\"} 0.05"));
  EXPECT_FALSE(harness->as<Tensors>().is_busy());
}

TEST_F(BatchOperatorTest, ADelayOfZeroTakesWhatIsThere) {
  open({.items_max = 16, .delay_max = 0ms});
  for (int i = 1; i <= 3; ++i) harness->feed("frames", tensor(i));
  harness->run();
  const std::vector<TensorFrame> sent = batches();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].shape, (TensorShape{3, 2}));
}

TEST_F(BatchOperatorTest, FlushesAtTheEnd) {
  open({.items_max = 4, .delay_max = 50ms});
  feed(tensor(1));
  TensorFrame last = tensor(2);
  last.head.is_last = true;
  feed(std::move(last));
  feed(tensor(3));
  TensorFrame end;  // an end without a frame
  end.head.is_last = true;
  feed(end);
  feed(end);
  const std::vector<TensorFrame> sent = batches();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].shape, (TensorShape{2, 2}));
  EXPECT_EQ(sent[1].shape, (TensorShape{1, 2}));
  EXPECT_TRUE(sent[2].data.empty());
  for (const TensorFrame& batch : sent) EXPECT_TRUE(batch.head.is_last);
}

TEST_F(BatchOperatorTest, DoesNotMixShapesTypesOrTurns) {
  open({.items_max = 4, .delay_max = 50ms});
  feed(tensor(1));
  feed(tensor(2, {1, 2}));
  TensorFrame other_type = tensor(3, {1, 2});
  other_type.element = media::ElementType::int32;
  feed(other_type);
  TensorFrame other_turn = other_type;
  other_turn.head.turn = media::Turn{1};
  feed(other_turn);
  harness->advance(50ms);
  std::vector<TensorShape> shapes;
  for (const TensorFrame& batch : batches()) shapes.push_back(batch.shape);
  EXPECT_THAT(shapes, ElementsAre(TensorShape{1, 2}, TensorShape{1, 1, 2}, TensorShape{1, 1, 2},
                                  TensorShape{1, 1, 2}));
}

TEST_F(BatchOperatorTest, DropsABatchWhoseTurnIsOver) {
  open({.items_max = 4, .delay_max = 50ms});
  TensorFrame old = tensor(1);
  old.head.turn = media::Turn{1};
  feed(old);
  harness->set_turn(media::Turn{2});
  harness->advance(50ms);
  EXPECT_TRUE(batches().empty());
}

TEST_F(BatchOperatorTest, WaitsForASlowConsumerAndLosesNothing) {
  open({.items_max = 2, .delay_max = 50ms}, 1);
  for (int i = 1; i <= 40; ++i) harness->feed("frames", tensor(i));
  harness->run();
  float next = 1.0F;
  for (const TensorFrame& batch : batches()) {
    EXPECT_EQ(batch.data.floats()[0], next);
    next += 2.0F;
  }
  EXPECT_EQ(next, 41.0F);
}

TEST_F(BatchOperatorTest, ReportsTensorsThatAreNotWhatTheySay) {
  open({});
  TensorFrame wrong = tensor(1);
  wrong.shape = {3};
  feed(wrong);
  const auto errors = harness->errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].error.message, HasSubstr("a tensor of 3 elements has 8 bytes"));
}

TEST_F(BatchOperatorTest, AHotUpdateKeepsWhatWaits) {
  open({.items_max = 8, .delay_max = 50ms});
  for (int i = 1; i <= 5; ++i) feed(tensor(i));
  harness->advance(20ms);
  ASSERT_TRUE(harness->pipeline().update(
      OperatorHarness::kNode,
      std::make_unique<Tensors>(Tensors::Options{.items_max = 3, .delay_max = 50ms}, pool)));
  harness->run();
  harness->advance(30ms);
  const std::vector<TensorFrame> sent = batches();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_THAT(sent[0].data.floats(), ElementsAre(1, 2, 2, 4, 3, 6));
  EXPECT_THAT(sent[1].data.floats(), ElementsAre(4, 8, 5, 10));
}

TEST(BatchAudioOperator, MakesRowsOfFrames) {
  media::BufferPool pool;
  OperatorHarness harness(
      std::make_unique<Audio>(Audio::Options{.items_max = 2, .delay_max = 10ms}, pool));
  ASSERT_TRUE(harness.open());
  for (int i = 0; i < 2; ++i) {
    AudioFrame frame;
    frame.format = {.rate = 16'000, .channels = 1};
    frame.samples = pool.copy_of(std::vector<float>(3, static_cast<float>(i)));
    harness.feed("frames", frame);
  }
  harness.run();
  const TensorFrame batch = harness.read_one<TensorFrame>("batch");
  EXPECT_EQ(batch.shape, (TensorShape{2, 3}));
  EXPECT_THAT(batch.data.floats(), ElementsAre(0, 0, 0, 1, 1, 1));
}

}  // namespace
}  // namespace parley::operators
