// SPDX-License-Identifier: Apache-2.0
//
// What can be said without a sound card: that its absence is an error with words. With one, a
// stream opens and closes.
#include "cli/portaudio_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::cli {
namespace {

class Nothing final : public operators::CaptureCallback, public operators::PlaybackCallback {
 public:
  void on_captured(std::span<const float>) noexcept override {}
  void on_wanted(std::span<float> samples) noexcept override {
    for (float& sample : samples) sample = 0.0F;
  }
};

TEST(PortAudioCard, ADeviceThatThereIsNotIsAnErrorThatNamesIt) {
  PortAudioCard card;
  Nothing nothing;
  const auto capture = card.open_capture({.device = "no such device"}, nothing);
  ASSERT_FALSE(capture);
  EXPECT_EQ(capture.error().code, ErrorCode::unavailable);
  EXPECT_THAT(capture.error().message, testing::HasSubstr("microphone 'no such device'"));
  const auto playback = card.open_playback({.device = "no such device"}, nothing);
  ASSERT_FALSE(playback);
  EXPECT_THAT(playback.error().message, testing::HasSubstr("loudspeaker 'no such device'"));
}

TEST(PortAudioCard, TheDefaultDevicesOpenWhereThereAreAny) {
  PortAudioCard card;
  Nothing nothing;
  const auto capture = card.open_capture({.rate_hz = 48'000}, nothing);
  EXPECT_TRUE(capture || !capture.error().message.empty());
  const auto playback = card.open_playback({.rate_hz = 48'000}, nothing);
  EXPECT_TRUE(playback || !playback.error().message.empty());
}

}  // namespace
}  // namespace parley::cli
