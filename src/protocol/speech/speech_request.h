// SPDX-License-Identifier: Apache-2.0
//
// What HTTP clients ask to have spoken: OpenAI's `POST /v1/audio/speech` (openai 3.54.0) and our
// own `POST /v1/audio/stream`.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/protocol_error.h"
#include "protocol/speech/output_format.h"

namespace parley::protocol {

enum class SpeechPriority : std::uint8_t { interactive, bulk };

struct SpeechOrder {
  std::string model;  // as it came; empty: none
  std::string text;   // valid UTF-8, not empty
  std::string voice;  // empty: the default one
  SpeechFormat format = SpeechFormat::mp3;
  double speed = 1.0;    // 0.25 to 4
  bool sse = false;      // `stream_format`
  int rate = 24'000;     // Hz
  std::string language;  // "en"; empty: the voice's
  bool ssml = false;
  SpeechPriority priority = SpeechPriority::interactive;
};

using SpeechOrderResult = std::variant<SpeechOrder, ProtocolError>;

/// OpenAI's: `model`, `input`, `voice` (a name or {"id"}), `response_format`, `speed`,
/// `stream_format`, `instructions` (ignored: the voices have no moods). Ours besides: `language`,
/// `ssml`, `priority`, `sample_rate` (pcm and wav). Other members are ignored, as clients send what
/// other servers know. `characters_max` of the input, in code points.
[[nodiscard]] SpeechOrderResult parse_openai_speech(std::string_view json,
                                                    std::size_t characters_max);

/// Ours: `text`, and `voice`, `speed`, `samplerate`, `language`, `ssml`, `priority`. Other members
/// are errors: a misspelt option shall not be lost.
[[nodiscard]] SpeechOrderResult parse_audio_stream(std::string_view json,
                                                   std::size_t characters_max);

}  // namespace parley::protocol
