// SPDX-License-Identifier: Apache-2.0
#include "operators/turn/turn_operator.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "media/buffer_pool.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::MediaTime;
using media::SpeechEvent;
using media::TurnEvent;
using Kind = TurnEvent::Kind;

constexpr std::int64_t kWindow = 512;  // samples of one detector window

class TurnOperatorTest : public ::testing::Test {
 protected:
  TurnOperatorTest()
      : harness_(
            std::make_unique<TurnOperator>(settings_, buffer_, make_silence_detector(settings_))) {
    EXPECT_TRUE(harness_.open());
  }

  /// Audio and the detector's verdict on it, window by window.
  void hear(bool is_speech, int windows) {
    for (int i = 0; i < windows; ++i) {
      append(1);
      judge(is_speech, 1, at_ - kWindow);
    }
  }
  /// Audio that the detector has not heard yet.
  void append(int windows) {
    for (int i = 0; i < windows; ++i) {
      const std::vector<float> samples(static_cast<std::size_t>(kWindow), 0.1F);
      harness_.feed("audio", test::audio_frame(pool_, samples, 16'000, at_));
      harness_.run();
      at_ += kWindow;
    }
  }
  /// The detector's verdict on audio that came before, from sample `from` on.
  void judge(bool is_speech, int windows, std::int64_t from) {
    for (int i = 0; i < windows; ++i, from += kWindow) {
      SpeechEvent event;
      event.head.pts = MediaTime::from_samples(from, 16'000);
      event.head.duration = MediaTime::from_samples(kWindow, 16'000);
      event.is_speech = is_speech;
      harness_.feed("speech", event);
      harness_.run();
    }
  }
  std::vector<TurnEvent> events() { return harness_.read<TurnEvent>("events"); }
  std::vector<Kind> kinds() {
    std::vector<Kind> kinds;
    for (const TurnEvent& event : events()) kinds.push_back(event.kind);
    return kinds;
  }
  TurnOperator& turn() { return harness_.as<TurnOperator>(); }

  TurnSettings settings_;
  InputBuffer buffer_;
  media::BufferPool pool_;
  std::int64_t at_ = 0;  // samples
  test::OperatorHarness harness_;
};

TEST_F(TurnOperatorTest, StartsPausesAndEndsByTheSilenceThatWasHeard) {
  hear(false, 31);
  hear(true, 30);
  hear(false, 16);
  const std::vector<TurnEvent> seen = events();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].kind, Kind::started);
  EXPECT_EQ(seen[0].head.pts.samples(16'000), 31 * kWindow);
  EXPECT_EQ(seen[0].audio_begin.ms(), 31 * 32 - 300);
  EXPECT_EQ(seen[1].kind, Kind::paused);
  EXPECT_EQ(seen[2].kind, Kind::ended);
  EXPECT_EQ(seen[2].speech_end.samples(16'000), 61 * kWindow);
  EXPECT_EQ((seen[2].head.pts - seen[2].speech_end).ms(), 512);  // the first window past 500 ms
}

TEST_F(TurnOperatorTest, TakesOneLoudWindowForNoise) {
  hear(false, 5);
  hear(true, 1);
  hear(false, 40);
  EXPECT_TRUE(events().empty());
}

TEST_F(TurnOperatorTest, GoesOnAfterAPause) {
  hear(true, 10);
  hear(false, 10);
  hear(true, 10);
  hear(false, 20);
  const std::vector<Kind> expected = {Kind::started, Kind::paused, Kind::resumed, Kind::paused,
                                      Kind::ended};
  EXPECT_EQ(kinds(), expected);
}

TEST_F(TurnOperatorTest, NeverLetsTwoUtterancesShareAudio) {
  hear(true, 10);
  hear(false, 16);
  hear(true, 10);
  hear(false, 16);
  const std::vector<TurnEvent> seen = events();
  ASSERT_EQ(seen.size(), 6U);
  EXPECT_EQ(seen[0].audio_begin.ms(), 0);
  EXPECT_EQ(seen[3].kind, Kind::started);
  EXPECT_EQ(seen[3].audio_begin, seen[2].head.pts);
  EXPECT_EQ(seen[3].utterance.value, seen[0].utterance.value + 1);
}

TEST_F(TurnOperatorTest, ReadsItsSettingsLive) {
  hear(true, 10);
  settings_.silence = Millis(1000);
  hear(false, 20);
  EXPECT_EQ(kinds().back(), Kind::paused);
  hear(false, 12);
  EXPECT_EQ(kinds().back(), Kind::ended);
}

TEST_F(TurnOperatorTest, EndsATurnThatNeverPauses) {
  hear(true, 3752);  // 120.06 s
  const std::vector<Kind> expected = {Kind::started, Kind::ended};
  std::vector<Kind> seen = kinds();
  seen.resize(2);
  EXPECT_EQ(seen, expected);
}

TEST_F(TurnOperatorTest, EndsATurnThatPausesForEver) {
  settings_.silence = Millis(3'600'000);
  hear(true, 10);
  hear(false, 3752);
  const std::vector<Kind> expected = {Kind::started, Kind::paused, Kind::ended};
  EXPECT_EQ(kinds(), expected);
}

TEST_F(TurnOperatorTest, ClearReachesAudioThatIsStillOnItsWay) {
  const MediaTime appended = MediaTime::from_samples(20 * kWindow, 16'000);
  append(10);
  turn().clear(appended);
  hear(true, 10);
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(turn().buffered(), MediaTime{});
  hear(true, 2);
  EXPECT_EQ(events().at(0).audio_begin, appended);
}

TEST_F(TurnOperatorTest, PushToTalkCommitsAllThatIsBuffered) {
  settings_.detect = false;
  hear(false, 40);
  EXPECT_EQ(turn().buffered().samples(16'000), 40 * kWindow);
  turn().commit();
  const std::vector<TurnEvent> seen = events();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].kind, Kind::ended);
  EXPECT_EQ(seen[0].audio_begin.ms(), 0);
  EXPECT_EQ(seen[0].speech_end, seen[0].head.pts);
  EXPECT_EQ(turn().buffered(), MediaTime{});
}

TEST_F(TurnOperatorTest, PushToTalkThatIsFollowedOpensWithSpeechAndEndsByHand) {
  settings_.detect = false;
  settings_.follows = true;
  hear(false, 40);
  hear(true, 3752);   // longer than a turn that is detected may be,
  hear(false, 1000);  // and as silent as none is
  const std::vector<TurnEvent> opened = events();
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_EQ(opened[0].kind, Kind::started);
  EXPECT_EQ(opened[0].head.pts.samples(16'000), 40 * kWindow);
  EXPECT_EQ((opened[0].head.pts - opened[0].audio_begin).ms(), 300);
  EXPECT_EQ(turn().buffered(), buffer_.end()) << "with what came before the speech";
  EXPECT_EQ(turn().commit(), opened[0].utterance);
  const std::vector<TurnEvent> ended = events();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].kind, Kind::ended);
  EXPECT_EQ(ended[0].audio_begin.ms(), 0);
  hear(true, 2);
  EXPECT_EQ(events().at(0).audio_begin, ended[0].head.pts);
  turn().clear(buffer_.end());
  EXPECT_EQ(kinds(), std::vector<Kind>{Kind::cleared});
  EXPECT_EQ(turn().buffered(), MediaTime{});
}

TEST_F(TurnOperatorTest, AnUtteranceOpenedByHandEndsByItselfOnceTurnsAreDetected) {
  settings_.detect = false;
  settings_.follows = true;
  hear(true, 20);
  settings_.detect = true;
  hear(false, 16);
  EXPECT_EQ(kinds(), (std::vector<Kind>{Kind::started, Kind::paused, Kind::ended}));
  EXPECT_EQ(turn().buffered(), MediaTime{});
}

TEST_F(TurnOperatorTest, ClearThrowsTheOpenUtteranceAway) {
  hear(true, 10);
  turn().clear(buffer_.end());
  EXPECT_EQ(turn().buffered(), MediaTime{});
  hear(false, 40);
  const std::vector<Kind> expected = {Kind::started, Kind::cleared};
  EXPECT_EQ(kinds(), expected);
}

TEST_F(TurnOperatorTest, TrimsOnlyWhatNoUtteranceCanNeed) {
  hear(false, 100);
  turn().trim();
  EXPECT_LE((buffer_.end() - buffer_.begin()).ms(), 300 + 500 + 250);
  hear(true, 100);
  turn().trim();
  EXPECT_GE((buffer_.end() - buffer_.begin()).ms(), 3200 + 300);
}

TEST_F(TurnOperatorTest, KeepsAudioThatTheDetectorHasNotHeardYet) {
  append(200);  // a recording, all at once
  judge(false, 60, 0);
  turn().trim();
  judge(true, 40, 60 * kWindow);
  judge(false, 20, 100 * kWindow);
  const std::vector<TurnEvent> seen = events();
  ASSERT_EQ(seen.size(), 3U);
  const auto audio = buffer_.range(seen[2].audio_begin, seen[2].head.pts);
  EXPECT_EQ(static_cast<std::int64_t>(audio.size()),
            (seen[2].head.pts - seen[2].audio_begin).samples(16'000));
}

TEST_F(TurnOperatorTest, HearsNothingInAudioThatWasClearedOrCommitted) {
  append(50);
  judge(true, 10, 0);
  turn().clear(buffer_.end());
  judge(true, 40, 10 * kWindow);
  const std::vector<Kind> expected = {Kind::started, Kind::cleared};
  EXPECT_EQ(kinds(), expected);
  hear(true, 2);
  EXPECT_EQ(kinds(), std::vector<Kind>{Kind::started});
}

}  // namespace
}  // namespace parley::operators
