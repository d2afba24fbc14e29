// SPDX-License-Identifier: Apache-2.0
//
// Our gRPC messages of recognition (proto/parley/recognition/v1/recognition.proto) in the words of
// the raw socket: what clients ask for, and what they are told.
//
// Errors name the field by its path in the message: "config.sample_rate_hz".
//
// Threads: any (pure).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "media/media_time.h"
#include "protocol/protocol_error.h"
#include "protocol/recognition/raw_socket.h"

namespace parley::protocol {

/// RecognizeStreamRequest, one of its kinds each: an order first, then the others.
struct AudioPiece {
  std::string bytes;
};
struct ListenFlush {
  std::uint64_t id = 0;
};
struct ListenCancel {};
using ListenMessage = std::variant<ListenOrder, AudioPiece, ListenFlush, EndOfAudio, ListenCancel>;
[[nodiscard]] std::variant<ListenMessage, ProtocolError> parse_recognize_stream(
    std::string_view bytes);

// RecognizeStreamResponse, one of its kinds each.
[[nodiscard]] std::string to_proto(const Recognized& recognized);
[[nodiscard]] std::string speech_started_proto(std::uint64_t utterance, media::MediaTime begin);
[[nodiscard]] std::string listen_flushed_proto(std::uint64_t id, media::MediaTime audio);
/// `code`: as gRPC has them.
[[nodiscard]] std::string listen_trouble_proto(int code, std::string_view message);
[[nodiscard]] std::string listen_done_proto(media::MediaTime audio, std::uint64_t utterances);

}  // namespace parley::protocol
