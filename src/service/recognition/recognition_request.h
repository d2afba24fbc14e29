// SPDX-License-Identifier: Apache-2.0
//
// What is to be recognised, and how: the same for every interface, after its edge has parsed it.
// Threads: value types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "media/frame.h"
#include "model/asr_model.h"
#include "model/known_speakers.h"

namespace parley::service {

inline constexpr Millis kRecordingPatience{30'000};
/// Ends an utterance of a recording: nobody waits for an answer while it is spoken, so that it may
/// end late and recognition sees whole sentences.
inline constexpr Millis kRecordingSilence{1000};
/// Of one stream: whoever has so many cores to himself has other recordings for the rest.
inline constexpr std::size_t kRecordingCallsMax = 16;

struct RecognitionRequest {
  std::string id;                            // of the request, in logs: req_…
  std::string face;                          // which interface, in metrics: "raw", "vosk", …
  media::Codec codec = media::Codec::pcm16;  // of the audio that comes
  int rate = 16'000;                         // Hz: 8000, 16000, 22050, 24000, 32000, 44100 or 48000
  std::string owner = {};                    // whose enrolled speakers are told by name
  /// Who is told by name in their place; null: nobody else. Shared with who made it.
  std::shared_ptr<model::KnownSpeakers> voices = {};
  std::uint64_t client = 0;       // whose share of the recogniser it takes
  std::string language = {};      // ISO 639-1; empty: the model's own, or found out
  Millis partial_interval{256};   // of speech between two partials; 0: none are made
  Millis silence{500};            // ends an utterance; 100 to 10'000
  Millis prefix_padding{300};     // kept from before speech began
  float threshold = 0.5F;         // speech probability, [0, 1]
  bool translate = false;         // to English, where the model can
  model::AsrHintsRef hints = {};  // null: nothing is known of what may be said
  /// False: a recording, and nobody waits for its words while they are spoken. They come after
  /// those of people who speak, at most kRecordingPatience later, and are made once.
  bool is_live = true;
  std::size_t calls_max = 1;  // utterances in the recogniser at once; 1 to kRecordingCallsMax
  int suppress_db = 0;        // steady noise is turned down first, by up to so much; 0 to 60
};

}  // namespace parley::service
