// SPDX-License-Identifier: Apache-2.0
#include "operators/playout/playout_operator.h"

#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using namespace std::chrono_literals;
using media::EncodedAudio;

class PlayoutOperatorTest : public ::testing::Test {
 protected:
  PlayoutOperatorTest() : harness_(std::make_unique<PlayoutOperator>(pool_, settings_)) {
    EXPECT_TRUE(harness_.open());
    harness_.set_turn({1});
  }
  void feed(int length_ms, bool is_last = false, std::uint64_t turn = 1, int rate = 22'050) {
    const auto count = static_cast<std::size_t>(length_ms) * static_cast<std::size_t>(rate) / 1000U;
    media::AudioFrame frame;
    if (count > 0) frame = test::audio_frame(pool_, test::sine(count, 300.0, rate), rate);
    frame.format = {.rate = rate, .channels = 1};
    frame.head.turn = {turn};
    frame.head.is_last = is_last;
    ASSERT_TRUE(harness_.feed("audio", std::move(frame)));
    harness_.run();
  }
  /// Milliseconds of audio that have left since the last call.
  std::int64_t sent_ms() {
    media::MediaTime sent;
    for (const EncodedAudio& packet : harness_.read<EncodedAudio>("packets")) {
      sent += packet.head.duration;
      last_ = packet.head.is_last;
    }
    return sent.ms();
  }

  SpeechSettings settings_;
  media::BufferPool pool_;
  bool last_ = false;
  test::OperatorHarness harness_;
};

TEST_F(PlayoutOperatorTest, GivesAllAudioOfAReplyAtTheRateOfTheWire) {
  settings_.lead = 0ms;
  feed(730);
  feed(0, true);
  EXPECT_EQ(sent_ms(), 730);
  EXPECT_TRUE(last_);
}

TEST_F(PlayoutOperatorTest, LetsAudioGoAtMostItsLeadAhead) {
  settings_.lead = 500ms;
  feed(3000);
  EXPECT_EQ(sent_ms(), 600);  // the packet that leaves at the limit may reach past it
  harness_.advance(1s);
  EXPECT_EQ(sent_ms(), 1000);
  feed(0, true);
  harness_.advance(5s);
  EXPECT_EQ(sent_ms(), 1400);
  EXPECT_TRUE(last_);
}

TEST_F(PlayoutOperatorTest, DoesNotHurryAfterTheListenerRanDry) {
  settings_.lead = 200ms;
  feed(200);
  EXPECT_EQ(sent_ms(), 100);
  harness_.advance(10s);
  feed(2000);
  EXPECT_LE(sent_ms(), 500);
}

TEST_F(PlayoutOperatorTest, ReplyWaitsUntilTheOneBeforeItIsNearlyPlayed) {
  settings_.lead = 500ms;
  feed(1000, true);
  harness_.advance(500ms);
  EXPECT_EQ(sent_ms(), 1000);
  harness_.set_turn({2});
  feed(1000, true, 2);
  EXPECT_EQ(sent_ms(), 100) << "500 ms are still to be played";
  harness_.advance(500ms);
  EXPECT_EQ(sent_ms(), 500);
  harness_.advance(10s);
  EXPECT_EQ(sent_ms(), 400);
  harness_.set_turn({3});
  feed(1000, true, 3);
  EXPECT_EQ(sent_ms(), 600) << "nothing is owed for what was played long ago";
}

TEST_F(PlayoutOperatorTest, ReplyNeedNotWaitForAudioThatNobodyPlays) {
  settings_.lead = 500ms;
  feed(1000, true);
  harness_.advance(500ms);
  EXPECT_EQ(sent_ms(), 1000);
  harness_.set_turn({2});
  harness_.as<PlayoutOperator>().fell_silent();
  feed(1000, true, 2);
  EXPECT_EQ(sent_ms(), 600);
}

TEST_F(PlayoutOperatorTest, SilentReplyEndsAtOnceWhateverIsPlayed) {
  settings_.lead = 100ms;
  feed(1000, true);
  harness_.advance(900ms);
  EXPECT_EQ(sent_ms(), 1000);
  harness_.set_turn({2});
  last_ = false;
  feed(0, true, 2);
  EXPECT_EQ(sent_ms(), 0);
  EXPECT_TRUE(last_);
}

TEST_F(PlayoutOperatorTest, DropsWhatIsLeftWhenTheTurnMovesOn) {
  settings_.lead = 200ms;
  feed(3000);
  const std::int64_t before = sent_ms();
  EXPECT_LE(before, 400);
  harness_.set_turn({2});
  harness_.advance(5s);
  EXPECT_EQ(sent_ms(), 0);
  feed(100, true, 2);
  EXPECT_EQ(sent_ms(), 100);
}

TEST_F(PlayoutOperatorTest, EndsAnEmptyReply) {
  feed(0, true);
  EXPECT_EQ(sent_ms(), 0);
  EXPECT_TRUE(last_);
}

TEST_F(PlayoutOperatorTest, SpeaksG711) {
  settings_.codec = media::Codec::pcmu;
  settings_.rate = 8000;
  settings_.lead = 0ms;
  feed(300, true);
  std::size_t bytes = 0;
  for (const EncodedAudio& packet : harness_.read<EncodedAudio>("packets")) {
    EXPECT_EQ(packet.codec, media::Codec::pcmu);
    bytes += packet.bytes.size();
  }
  EXPECT_EQ(bytes, 2400U);
}

}  // namespace
}  // namespace parley::operators
