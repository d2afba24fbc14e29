// SPDX-License-Identifier: Apache-2.0
//
// How the current reply is spoken. Threads: strand (plain state of one session).
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "media/frame.h"
#include "model/tts_model.h"

namespace parley::operators {

struct SpeechSettings {
  bool audio = true;  // false: the reply is text only, nothing is synthesised
  std::string voice;
  float speed = 1.0F;      // 0.25 to 4
  std::uint64_t seed = 0;  // of the voice's random inputs
  bool any_seed = false;   // audio that a cache has of another seed will do
  media::Codec codec = media::Codec::pcm16;
  int rate = 24'000;  // Hz on the wire
  Millis lead{2000};  // audio leaves at most this early; 0: no limit
  model::TtsQos qos = model::TtsQos::interactive;
  std::uint64_t owner = 0;  // whose it is: the voice is shared fairly between owners
  /// A text whose first clause would wait longer for the voice is not begun: resource_exhausted.
  Nanos backlog_max = Nanos::max();
};

}  // namespace parley::operators
