// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/mixer_operator.h"

#include <gtest/gtest.h>

#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using media::MediaTime;
using test::OperatorHarness;

constexpr int kRate = 16'000;
constexpr std::size_t kBlock = 320;

class Mixer : public testing::Test {
 protected:
  void open(MixerOperator::Options options) {
    auto made = MixerOperator::make(options, pool_);
    ASSERT_TRUE(made) << made.error().message;
    harness_.emplace(std::move(*made));
    ASSERT_TRUE(harness_->open());
  }
  void feed(std::string_view port, float level, std::int64_t first, std::size_t count = kBlock,
            bool is_last = false) {
    AudioFrame frame = test::audio_frame(pool_, std::vector<float>(count, level), kRate, first);
    frame.head.is_last = is_last;
    ASSERT_TRUE(harness_->feed(port, std::move(frame)));
    harness_->run();
  }
  std::vector<AudioFrame> read() { return harness_->read<AudioFrame>("audio"); }
  const MixerOperator& mixer() { return harness_->as<MixerOperator>(); }

  media::BufferPool pool_;
  std::optional<OperatorHarness> harness_;
};

TEST_F(Mixer, AddsWhatBelongsTogetherByTime) {
  open({.gains_db = "0 -20"});
  feed("in1", 0.2F, 0);
  EXPECT_TRUE(read().empty());  // the other has not come
  feed("in2", 0.5F, 160);       // half a block later
  feed("in2", 0.5F, 480);
  const auto blocks = read();
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_FLOAT_EQ(blocks[0].samples.floats()[159], 0.2F);
  EXPECT_FLOAT_EQ(blocks[0].samples.floats()[160], 0.25F);
  EXPECT_EQ(blocks[0].head.pts, MediaTime{});
}

TEST_F(Mixer, DoesNotWaitForALateInputForEver) {
  open({.hold_ms = 40});
  for (int i = 0; i < 5; ++i) feed("in1", 0.2F, i * 320);
  EXPECT_EQ(read().size(), 3U);  // 40 ms stay
  feed("in2", 0.1F, 640);        // its beginning has gone out
  feed("in2", 0.1F, 960);
  feed("in2", 0.1F, 1'280);
  const auto blocks = read();
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_FLOAT_EQ(blocks[0].samples.floats()[0], 0.3F);
  EXPECT_EQ(mixer().late_samples(), 320U);
}

TEST_F(Mixer, EndsWhenAllHaveEnded) {
  open({});
  feed("in1", 0.1F, 0, 320, true);
  feed("in2", 0.1F, 0, 320);
  feed("in2", 0.1F, 320, 100, true);
  const auto blocks = read();
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_TRUE(blocks[1].head.is_last);
  EXPECT_EQ(blocks[1].samples.floats().size(), 100U);
  EXPECT_FLOAT_EQ(blocks[1].samples.floats()[0], 0.1F);
}

TEST_F(Mixer, LoudVoicesStayInRange) {
  open({.inputs = 3});
  for (const auto* port : {"in1", "in2", "in3"}) feed(port, 0.9F, 0);
  const auto blocks = read();
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_LE(blocks[0].samples.floats()[0], 1.0F);
  EXPECT_EQ(mixer().limited_samples(), kBlock);
}

TEST_F(Mixer, AnInputFarAheadWaits) {
  open({.hold_ms = 1'000});
  for (int i = 0; i < 140; ++i) feed("in1", 0.2F, i * 320);  // 2.8 s
  EXPECT_EQ(read().size(), 90U);                             // a second is held
  for (int i = 0; i < 5; ++i) feed("in2", 0.2F, 90 * 320 + i * 320);
  EXPECT_EQ(read().size(), 5U);
  EXPECT_EQ(mixer().late_samples(), 0U);
}

TEST_F(Mixer, RefusesNonsense) {
  EXPECT_FALSE(MixerOperator::make({.gains_db = "0 loud"}, pool_));
  EXPECT_FALSE(MixerOperator::make({.gains_db = "0 0 0"}, pool_));
  open({});
  feed("in1", 0.0F, 0, 3U * kRate);
  const auto errors = harness_->errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors[0].error.message.find("in1"), std::string::npos);
}

}  // namespace
}  // namespace parley::operators
