// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/asr_from_file.h"

#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::MediaTime;
using media::TurnEvent;

class KeepingHost final : public model::AsrHost {
 public:
  bool submit(std::shared_ptr<model::AsrCall> call) noexcept override {
    kept.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 480'000; }
  std::vector<std::shared_ptr<model::AsrCall>> kept;
};

class AsrFromFileTest : public ::testing::Test {
 protected:
  AsrFromFileTest()
      : harness_(std::make_unique<AsrFromFile>(host_, AsrFileOptions{.language = "en"})) {
    EXPECT_TRUE(harness_.open());
  }
  void hear(std::int64_t from_ms, std::int64_t length_ms) {
    media::AudioFrame frame;
    frame.format = {.rate = kInputBufferRate, .channels = 1};
    frame.head.pts = MediaTime::from_ms(from_ms);
    frame.samples = buffers_.copy_of(test::noise(static_cast<std::size_t>(length_ms) * 16, 1));
    harness_.feed("audio", std::move(frame));
    harness_.run();
  }
  void say(TurnEvent::Kind kind, std::int64_t begin_ms, std::int64_t speech_end_ms,
           std::int64_t at_ms) {
    TurnEvent event;
    event.kind = kind;
    event.utterance = {1};
    event.audio_begin = MediaTime::from_ms(begin_ms);
    event.speech_end = MediaTime::from_ms(speech_end_ms);
    event.head.pts = MediaTime::from_ms(at_ms);
    harness_.feed("events", event);
    harness_.run();
  }
  media::BufferPool buffers_;
  KeepingHost host_;
  test::OperatorHarness harness_;
};

TEST_F(AsrFromFileTest, WaitsForTheAudioThatAnEventIsAbout) {
  hear(0, 500);
  say(TurnEvent::Kind::started, 100, 0, 400);
  say(TurnEvent::Kind::ended, 100, 700, 1000);
  EXPECT_TRUE(host_.kept.empty());
  hear(500, 500);
  ASSERT_EQ(host_.kept.size(), 1U);
  EXPECT_EQ(host_.kept[0]->language, "en");
  EXPECT_EQ(host_.kept[0]->audio.size(), 800U * 16);  // 100 ms to 200 ms after the speech
  host_.kept[0]->text = "hello";
  host_.kept[0]->finish();
  harness_.run();
  EXPECT_EQ(harness_.read_one<media::Transcript>("transcripts").text, "hello");
}

TEST_F(AsrFromFileTest, ForgetsSilenceButNotAnUtterance) {
  for (int second = 0; second < 125; ++second) hear(second * 1000, 1000);
  say(TurnEvent::Kind::started, 124'000, 0, 125'000);
  for (int second = 125; second < 145; ++second) hear(second * 1000, 1000);
  say(TurnEvent::Kind::ended, 124'000, 144'500, 145'000);
  ASSERT_EQ(host_.kept.size(), 1U);
  EXPECT_EQ(host_.kept[0]->audio.size(), 20'700U * 16);
  EXPECT_TRUE(harness_.errors().empty());
}

TEST_F(AsrFromFileTest, HearsOfTurnsLongAfterTheirAudio) {
  for (int second = 0; second < 100; ++second) hear(second * 1000, 1000);
  say(TurnEvent::Kind::started, 1'000, 0, 2'000);
  say(TurnEvent::Kind::ended, 1'000, 2'500, 3'000);
  ASSERT_EQ(host_.kept.size(), 1U);
  EXPECT_EQ(host_.kept[0]->audio.size(), 1'700U * 16);
}

TEST_F(AsrFromFileTest, SaysWhenTheAudioOfATurnIsGone) {
  for (int second = 0; second < 130; ++second) hear(second * 1000, 1000);
  say(TurnEvent::Kind::started, 1'000, 0, 2'000);
  say(TurnEvent::Kind::ended, 1'000, 2'500, 3'000);
  const auto errors = harness_.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(
      errors[0].error.message,
      "the beginning of an utterance is gone: its turn was found more than 120000 ms after it, "
      "or it is longer than 600 s");
}

TEST_F(AsrFromFileTest, WaitsWhenTheModelIsBehindAndRefusesNothing) {
  constexpr std::size_t kUtterances = 3 * kUtterancesWaitingMax;
  for (std::size_t i = 0; i < kUtterances; ++i) {
    const auto at = static_cast<std::int64_t>(i) * 1000;
    hear(at, 1000);
    say(TurnEvent::Kind::started, at, 0, at + 100);
    say(TurnEvent::Kind::ended, at, at + 500, at + 1000);
  }
  for (std::size_t i = 0; i < kUtterances; ++i) {
    ASSERT_EQ(host_.kept.size(), i + 1);
    EXPECT_EQ(host_.kept[i]->audio.size(), 700U * 16);
    host_.kept[i]->finish();
    harness_.run();
  }
  const auto transcripts = harness_.read<media::Transcript>("transcripts");
  ASSERT_EQ(transcripts.size(), kUtterances);
  for (const media::Transcript& transcript : transcripts) EXPECT_TRUE(transcript.is_final);
}

TEST_F(AsrFromFileTest, WhoSpeaksNowCannotWaitAndIsToldSo) {
  test::OperatorHarness live(std::make_unique<AsrFromFile>(
      host_, AsrFileOptions{.when_behind = AsrFileOptions::WhenBehind::refuse}));
  ASSERT_TRUE(live.open());
  constexpr std::size_t kUtterances = 3 * kUtterancesWaitingMax;
  for (std::size_t i = 0; i < kUtterances; ++i) {
    media::AudioFrame frame;
    frame.format = {.rate = kInputBufferRate, .channels = 1};
    frame.head.pts = MediaTime::from_ms(static_cast<std::int64_t>(i) * 1000);
    frame.samples = buffers_.copy_of(test::noise(16'000, 1));
    TurnEvent event;
    event.kind = TurnEvent::Kind::ended;
    event.utterance = {i + 1};
    event.audio_begin = frame.head.pts;
    event.speech_end = frame.head.pts + MediaTime::from_ms(500);
    event.head.pts = frame.head.pts + MediaTime::from_ms(1'000);
    EXPECT_TRUE(live.feed("audio", std::move(frame)));
    EXPECT_TRUE(live.feed("events", event));
    live.run();
  }
  ASSERT_EQ(host_.kept.size(), 1U);
  host_.kept[0]->finish();
  live.run();
  const auto transcripts = live.read<media::Transcript>("transcripts");
  const std::size_t refused = kUtterances - 1 - kUtterancesWaitingMax;
  EXPECT_EQ(live.errors().size(), refused);
  ASSERT_EQ(transcripts.size(), 1 + refused);
  EXPECT_TRUE(transcripts[0].is_final);
  EXPECT_FALSE(transcripts[1].is_final);
}

TEST_F(AsrFromFileTest, ATranslationIsInEnglish) {
  test::OperatorHarness english(
      std::make_unique<AsrFromFile>(host_, AsrFileOptions{.language = "zh", .translate = true}));
  ASSERT_TRUE(english.open());
  media::AudioFrame frame;
  frame.format = {.rate = kInputBufferRate, .channels = 1};
  frame.samples = buffers_.copy_of(test::noise(16'000, 1));
  english.feed("audio", std::move(frame));
  TurnEvent event;
  event.kind = TurnEvent::Kind::ended;
  event.utterance = {1};
  event.speech_end = MediaTime::from_ms(800);
  event.head.pts = MediaTime::from_ms(1'000);
  english.feed("events", event);
  english.run();
  ASSERT_EQ(host_.kept.size(), 1U);
  EXPECT_TRUE(host_.kept[0]->translate);
  EXPECT_EQ(host_.kept[0]->language, "zh");
  host_.kept[0]->detected_language = "zh";
  host_.kept[0]->text = "hello";
  host_.kept[0]->finish();
  english.run();
  EXPECT_EQ(english.read_one<media::Transcript>("transcripts").language, "en");
}

}  // namespace
}  // namespace parley::operators
