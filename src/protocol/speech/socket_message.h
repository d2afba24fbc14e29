// SPDX-License-Identifier: Apache-2.0
//
// What clients of the speaking sockets say: ours at /ws/audio (docs/speech/websocket.md), and
// Deepgram's at /v1/speak, whose four verbs are a few of ours in other words.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/protocol_error.h"
#include "protocol/speech/output_format.h"
#include "protocol/speech/speech_request.h"

namespace parley::protocol {

/// Of an utterance's id and of a voice's name.
inline constexpr std::size_t kSocketNameBytesMax = 128;
/// As far ahead of playing as a client may ask for.
inline constexpr std::int64_t kLeadMsMax = 3'600'000;

/// A new utterance; the one before it takes no more text.
struct Speak {
  std::string id;    // empty: the server chooses
  std::string text;  // may be empty, when it is to come
  bool is_whole = false;
  std::string voice;  // empty: the default one
  double speed = 1.0;
  OutputFormat format;
  std::string language;  // "en"; empty: the voice's
  bool ssml = false;
  bool normalise = true;
  bool phonemes = false;  // are told, too
  SpeechPriority priority = SpeechPriority::interactive;
  std::optional<std::int64_t> lead_ms;  // at most this far ahead of playing; 0: no limit
};
/// More text of the utterance that is open.
struct Append {
  std::string id;  // empty: whichever it is
  std::string text;
  bool is_last = false;
};
/// What came is spoken without waiting for more.
struct Flush {
  std::string id;  // empty: whichever is open
};
struct Finish {
  std::string id;  // likewise
};
struct Cancel {
  std::string id;  // empty: every one
};
/// What waits is spoken, then the socket is closed.
struct CloseSocket {};

using SocketMessage = std::variant<Speak, Append, Flush, Finish, Cancel, CloseSocket>;
using SocketMessageResult = std::variant<SocketMessage, ProtocolError>;

/// `defaults`: what a Speak is where the message does not say. An object without `type` is a whole
/// Speak. Members that nobody knows are errors: a misspelt option shall not be lost.
[[nodiscard]] SocketMessageResult parse_socket_message(std::string_view json,
                                                       const Speak& defaults);

/// Speak, Flush, Clear and Close. Other members are ignored, as Deepgram does.
[[nodiscard]] SocketMessageResult parse_deepgram_message(std::string_view json);

}  // namespace parley::protocol
