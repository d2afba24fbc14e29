// SPDX-License-Identifier: Apache-2.0
//
// Speech synthesis as a soft tone: 60 ms for each character, so that the length of the audio tells
// the length of the text. The pitch (200 to 400 Hz) comes from the text and the seed. A call that
// streams gets its tone in parts, one in each step.
//
// Threads: any.
#pragma once

#include "media/buffer_pool.h"
#include "model/tts_model.h"

namespace parley::model {

class FakeTtsModel final : public TtsModel {
 public:
  static constexpr int kMsPerCharacter = 60;  // at speed 1: about as fast as people speak
  static constexpr float kAmplitude = 0.1F;   // louder than FakeVadModel's threshold

  explicit FakeTtsModel(int rate = 22'050) : rate_(rate) {}

  static constexpr int kPartMs = 400;  // longer where a call would get too many

  bool synthesize(TtsCall& call) noexcept override;
  [[nodiscard]] int rate() const noexcept override { return rate_; }

 private:
  void begin(TtsCall& call) const noexcept;

  const int rate_;
  media::BufferPool pool_;
};

}  // namespace parley::model
