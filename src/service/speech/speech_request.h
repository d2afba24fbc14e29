// SPDX-License-Identifier: Apache-2.0
//
// What is to be spoken, and how: the same for every interface, after its edge has parsed it.
// Threads: value types.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "model/tts_model.h"

namespace parley::service {

struct SpeechRequest {
  std::string id;             // of the request, in logs: req_…
  std::string face;           // which interface, in metrics: "openai", "ws", "grpc", …
  std::string voice;          // a name; unknown ones speak with the default voice
  float speed = 1.0F;         // 0.25 to 4
  int rate = 24'000;          // Hz of the audio that the sink gets; 0: the voice's own
  std::string language = {};  // of the text's numbers and dates: "en"; empty: the voice's
  bool ssml = false;          // the text is SSML
  bool normalise = true;      // false: the text is given to the voice as it is
  model::TtsQos qos = model::TtsQos::interactive;
  std::uint64_t owner = 0;        // whose it is: fairness is between owners
  Millis lead{120'000};           // at most this far ahead of playing; 0: no limit
  Millis reader_timeout{30'000};  // a sink that waits longer than this is given up
};

}  // namespace parley::service
