// SPDX-License-Identifier: Apache-2.0
//
// Our gRPC messages (proto/parley/speech/v1/speech.proto) in the words of the speaking sockets:
// what clients ask for, and what they are told.
//
// Errors name the field by its path in the message: "config.speed".
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/media_time.h"
#include "media/word_time.h"
#include "protocol/protocol_error.h"
#include "protocol/speech/socket_event.h"
#include "protocol/speech/socket_message.h"
#include "protocol/speech/speech_answer.h"

namespace parley::protocol {

/// SynthesizeRequest. The text is whole, valid UTF-8 and has words; `characters_max` in code
/// points.
using SynthesizeResult = std::variant<Speak, ProtocolError>;
[[nodiscard]] SynthesizeResult parse_synthesize(std::string_view bytes, std::size_t characters_max);

/// SynthesizeStreamRequest: a Speak without text first, then the others.
struct NumberedFlush {
  std::uint64_t id = 0;
};
using StreamMessage = std::variant<Speak, Append, NumberedFlush, Finish, Cancel>;
using StreamMessageResult = std::variant<StreamMessage, ProtocolError>;
[[nodiscard]] StreamMessageResult parse_synthesize_stream(std::string_view bytes);

/// SynthesizeResponse.
struct Synthesized {
  std::string audio;
  int rate = 0;  // Hz
  media::MediaTime duration;
  std::vector<media::WordTime> words;  // from the beginning of the audio
  std::vector<media::WordTime> phonemes;
};
[[nodiscard]] std::string to_proto(const Synthesized& synthesized);

// SynthesizeStreamResponse, one of its kinds each. Of the others of SocketEvent there is no word.
[[nodiscard]] std::string to_proto(const UtteranceStarted& started);
[[nodiscard]] std::string to_proto(const UtteranceChunk& chunk);
[[nodiscard]] std::string to_proto(const UtteranceFlushed& flushed);
[[nodiscard]] std::string to_proto(const UtteranceDone& done);
[[nodiscard]] std::string audio_proto(std::string audio);

/// ListVoicesResponse. The first voice is the default one.
[[nodiscard]] std::string voices_proto(std::span<const VoiceShown> voices);

}  // namespace parley::protocol
