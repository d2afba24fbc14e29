// SPDX-License-Identifier: Apache-2.0
//
// What ElevenLabs' clients say (elevenlabs 2.78.0): one frame of `stream-input` or of
// `multi-stream-input`, and the body of a POST. Members that are not here are ignored, as their
// clients send settings of voices that ours do not have.
//
// Threads: any (pure).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/protocol_error.h"

namespace parley::protocol {

/// Of a context's id.
inline constexpr std::size_t kContextBytesMax = 128;
/// Steps of a `chunk_length_schedule`; the last one counts for all that follow.
inline constexpr std::size_t kScheduleStepsMax = 50;
/// Characters that wait before the n-th generation, unless the client says otherwise.
inline constexpr std::array<std::int32_t, 4> kScheduleDefault{120, 160, 250, 290};

struct ElevenLabsMessage {
  std::optional<std::string> text;  // "" closes; nothing: a control message
  std::string context;              // empty: the default one
  bool flush = false;               // speak what waits
  bool try_trigger = false;         // do not wait for the schedule
  bool close_context = false;
  bool close_socket = false;
  std::optional<double> speed;         // of voice_settings
  std::vector<std::int32_t> schedule;  // empty: is not said
  std::string api_key;                 // however it was spelt; empty: none
};
using ElevenLabsMessageResult = std::variant<ElevenLabsMessage, ProtocolError>;

[[nodiscard]] ElevenLabsMessageResult parse_eleven_labs_message(std::string_view json);

/// POST /v1/text-to-speech/{voice}…
struct ElevenLabsOrder {
  std::string text;  // not empty
  std::string model;
  std::string language;  // "en"; empty: the voice's
  double speed = 1.0;
  bool normalise = true;
};
using ElevenLabsOrderResult = std::variant<ElevenLabsOrder, ProtocolError>;

/// `characters_max` of the text, in code points.
[[nodiscard]] ElevenLabsOrderResult parse_eleven_labs_order(std::string_view json,
                                                            std::size_t characters_max);

}  // namespace parley::protocol
