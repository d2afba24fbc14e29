// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/partial_from_file.h"

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

class HeldHost final : public model::AsrHost {
 public:
  bool submit(std::shared_ptr<model::AsrCall> call) noexcept override {
    held.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 480'000; }
  std::vector<std::shared_ptr<model::AsrCall>> held;
};

class PartialFromFileTest : public ::testing::Test {
 protected:
  PartialFromFileTest()
      : harness_(std::make_unique<PartialFromFile>(
            host_,
            PartialFileOptions{.settings = {.interval = Millis(320), .language = "fr"},
                               .keep = Millis(1'000)},
            nullptr)) {
    EXPECT_TRUE(harness_.open());
  }
  /// Audio and its verdicts, 32 ms at a time.
  void hear(std::int64_t until_ms, bool is_speech) {
    for (; heard_ms_ < until_ms; heard_ms_ += 32) {
      media::AudioFrame frame;
      frame.format = {.rate = kInputBufferRate, .channels = 1};
      frame.head.pts = MediaTime::from_ms(heard_ms_);
      frame.head.duration = MediaTime::from_ms(32);
      frame.samples = buffers_.copy_of(test::noise(512, 1));
      media::SpeechEvent window;
      window.head = frame.head;
      window.is_speech = is_speech;
      harness_.feed("audio", std::move(frame));
      harness_.feed("speech", window);
      harness_.run();
    }
  }
  void say(TurnEvent::Kind kind, std::int64_t at_ms, std::int64_t begin_ms) {
    TurnEvent event;
    event.kind = kind;
    event.utterance = {1};
    event.audio_begin = MediaTime::from_ms(begin_ms);
    event.head.pts = MediaTime::from_ms(at_ms);
    harness_.feed("events", event);
    harness_.run();
  }
  media::BufferPool buffers_;
  HeldHost host_;
  test::OperatorHarness harness_;
  std::int64_t heard_ms_ = 0;
};

TEST_F(PartialFromFileTest, HearsWhatWasSaidSoFarFromItsOwnAudio) {
  hear(3'200, false);
  say(TurnEvent::Kind::started, 3'136, 2'848);
  hear(3'520, true);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_TRUE(host_.held[0]->is_optional);
  EXPECT_EQ(host_.held[0]->language, "fr");
  const std::size_t padding = 288U * 16;  // before the first sample of speech
  EXPECT_GE(host_.held[0]->audio.size(), padding + 320U * 16);
  host_.held[0]->text = "bonjour";
  host_.held[0]->finish();
  harness_.run();
  EXPECT_EQ(harness_.read_one<media::Transcript>("partials").text, "bonjour");
}

TEST_F(PartialFromFileTest, KeepsAllOfAnUtteranceThatIsLongerThanWhatItKeepsOtherwise) {
  hear(320, false);
  say(TurnEvent::Kind::started, 256, 0);
  hear(6'400, true);
  host_.held.back()->finish();
  harness_.run();
  hear(6'720, true);
  EXPECT_GE(host_.held.back()->audio.size(), 6'400U * 16);
}

}  // namespace
}  // namespace parley::operators
