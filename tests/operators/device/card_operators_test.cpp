// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/device/capture_source.h"
#include "operators/device/playback_sink.h"
#include "tests/operators/device/fake_card.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using test::FakeCard;
using test::OperatorHarness;

constexpr int kRate = 16'000;

TEST(CaptureSource, GivesFramesOfWhatTheCardHeard) {
  FakeCard card;
  media::BufferPool pool;
  OperatorHarness harness(
      std::make_unique<CaptureSource>(CaptureSource::Options{.frame_ms = 10}, card, pool));
  ASSERT_TRUE(harness.open());
  const std::vector<float> sound = test::noise(400, 1);
  card.capture(sound);
  harness.runtime.run_until_idle();  // the card woke the strand
  const auto frames = harness.read<AudioFrame>("audio");
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1].head.pts.samples(kRate), 160);
  EXPECT_EQ(frames[1].samples.floats()[0], sound[160]);
  harness.close();
  EXPECT_FALSE(card.captures());
}

TEST(CaptureSource, CountsWhatNobodyTookAndKeepsTheTime) {
  FakeCard card;
  media::BufferPool pool;
  OperatorHarness harness(
      std::make_unique<CaptureSource>(CaptureSource::Options{.frame_ms = 10}, card, pool));
  ASSERT_TRUE(harness.open());
  const std::size_t capacity = 16'384;  // a second, rounded up
  card.capture(std::vector<float>(capacity + 1'600, 0.5F));
  EXPECT_EQ(harness.as<CaptureSource>().dropped_samples(), 1'600U);
  harness.runtime.run_until_idle();
  const auto frames = harness.read<AudioFrame>("audio");
  ASSERT_EQ(frames.size(), 102U);
  card.capture(std::vector<float>(160, 0.25F));
  harness.runtime.run_until_idle();
  const auto next = harness.read<AudioFrame>("audio");
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].head.pts.samples(kRate), 1'600 + 102 * 160);
}

TEST(CaptureSource, SaysThatThereIsNoDevice) {
  FakeCard card;
  media::BufferPool pool;
  OperatorHarness harness(
      std::make_unique<CaptureSource>(CaptureSource::Options{.device = "broken"}, card, pool));
  const Status opened = harness.open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("broken"));
}

TEST(CaptureSource, TheCardsThreadAllocatesNothing) {
  FakeCard card;
  media::BufferPool pool;
  OperatorHarness harness(std::make_unique<CaptureSource>(CaptureSource::Options{}, card, pool));
  ASSERT_TRUE(harness.open());
  const std::vector<float> sound(160, 0.5F);
  card.capture(sound);
  const std::uint64_t before = test::allocations();
  for (int i = 0; i < 200; ++i) card.capture(sound);
  EXPECT_EQ(test::allocations(), before);
}

class Playback : public testing::Test {
 protected:
  void open(EchoReference* reference = nullptr) {
    harness_.emplace(std::make_unique<PlaybackSink>(
        PlaybackSink::Options{.rate_hz = kRate, .lead_ms = 32}, card_, reference));
    ASSERT_TRUE(harness_->open());
  }
  bool feed(float level, std::size_t count, media::Turn turn = media::kAnyTurn,
            bool is_last = false) {
    AudioFrame frame = test::audio_frame(pool_, std::vector<float>(count, level), kRate, 0, turn);
    frame.head.is_last = is_last;
    const bool fed = harness_->feed("audio", std::move(frame));
    harness_->run();
    return fed;
  }
  FakeCard card_;
  media::BufferPool pool_;
  std::optional<OperatorHarness> harness_;
};

TEST_F(Playback, PlaysWhatItGetsAndSilenceElse) {
  EchoReference reference(kRate);
  open(&reference);
  EXPECT_EQ(card_.play(10), std::vector<float>(10, 0.0F));
  EXPECT_EQ(harness_->as<PlaybackSink>().missing_samples(), 0U);  // nobody spoke
  ASSERT_TRUE(feed(0.5F, 100));
  EXPECT_EQ(card_.play(60), std::vector<float>(60, 0.5F));
  const std::vector<float> rest = card_.play(60);
  EXPECT_EQ(rest[39], 0.5F);
  EXPECT_EQ(rest[40], 0.0F);
  EXPECT_EQ(harness_->as<PlaybackSink>().missing_samples(), 20U);
  EXPECT_EQ(harness_->as<PlaybackSink>().played_samples(), 100U);
  std::vector<float> heard(130);
  reference.read(heard);
  EXPECT_EQ(heard[9], 0.0F);
  EXPECT_EQ(heard[10], 0.5F);
  EXPECT_EQ(reference.missing(), 0U);
}

TEST_F(Playback, AFullRingMakesFramesWaitUntilTheCardHasPlayed) {
  open();  // 512 samples
  ASSERT_TRUE(feed(0.5F, 500));
  ASSERT_TRUE(feed(0.25F, 500));
  EXPECT_EQ(card_.play(500), std::vector<float>(500, 0.5F));
  harness_->runtime.run_until_idle();  // the card woke the strand
  EXPECT_EQ(card_.play(500), std::vector<float>(500, 0.25F));
}

TEST_F(Playback, ANewTurnSilencesTheOldOneAtOnce) {
  open();
  harness_->set_turn(media::Turn{1});
  ASSERT_TRUE(feed(0.5F, 400, media::Turn{1}));
  ASSERT_TRUE(feed(0.5F, 400, media::Turn{1}));  // half of it waits in the port
  EXPECT_EQ(card_.play(100)[0], 0.5F);
  harness_->set_turn(media::Turn{2});
  ASSERT_TRUE(feed(0.25F, 20, media::Turn{2}, true));  // before the card comes back
  const std::vector<float> heard = card_.play(40);
  EXPECT_EQ(heard[0], 0.25F);
  EXPECT_EQ(heard[19], 0.25F);
  EXPECT_EQ(heard[20], 0.0F);
  EXPECT_EQ(harness_->as<PlaybackSink>().missing_samples(), 0U);  // the reply had ended
}

TEST_F(Playback, RefusesAReferenceOfAnotherRate) {
  EchoReference reference(48'000);
  harness_.emplace(
      std::make_unique<PlaybackSink>(PlaybackSink::Options{.rate_hz = kRate}, card_, &reference));
  const Status opened = harness_->open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("48000"));
}

}  // namespace
}  // namespace parley::operators
