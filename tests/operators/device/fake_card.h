// SPDX-License-Identifier: Apache-2.0
//
// A sound card whose thread is the test.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "operators/device/audio_card.h"

namespace parley::test {

class FakeCard final : public operators::AudioCard {
 public:
  Result<std::unique_ptr<operators::CardStream>> open_capture(
      const operators::CardOptions& options, operators::CaptureCallback& callback) override {
    if (options.device == "broken") return Error{ErrorCode::unavailable, "no microphone 'broken'"};
    capture_ = &callback;
    return std::unique_ptr<operators::CardStream>(
        std::make_unique<Stream<decltype(capture_)>>(capture_));
  }
  Result<std::unique_ptr<operators::CardStream>> open_playback(
      const operators::CardOptions& options, operators::PlaybackCallback& callback) override {
    if (options.device == "broken") return Error{ErrorCode::unavailable, "no speaker 'broken'"};
    playback_ = &callback;
    return std::unique_ptr<operators::CardStream>(
        std::make_unique<Stream<decltype(playback_)>>(playback_));
  }

  /// The microphone heard this.
  void capture(const std::vector<float>& samples) { capture_->on_captured(samples); }
  /// The loudspeaker wants so much.
  std::vector<float> play(std::size_t count) {
    std::vector<float> samples(count, 9.0F);
    playback_->on_wanted(samples);
    return samples;
  }
  [[nodiscard]] bool captures() const { return capture_ != nullptr; }
  [[nodiscard]] bool plays() const { return playback_ != nullptr; }

 private:
  template <typename Callback>
  class Stream final : public operators::CardStream {
   public:
    explicit Stream(Callback& callback) : callback_(callback) {}
    ~Stream() override { callback_ = nullptr; }

   private:
    Callback& callback_;
  };

  operators::CaptureCallback* capture_ = nullptr;
  operators::PlaybackCallback* playback_ = nullptr;
};

}  // namespace parley::test
