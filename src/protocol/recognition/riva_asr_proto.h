// SPDX-License-Identifier: Apache-2.0
//
// Recognition as NVIDIA Riva's clients ask for it (proto/riva/riva_asr.proto).
//
// Errors name the field by its path in the message: "config.sample_rate_hertz".
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
#include "protocol/protocol_error.h"
#include "protocol/recognition/raw_socket.h"
#include "protocol/recognition/recognition_proto.h"

namespace parley::protocol {

/// What they call the encoding. `pcm`: also where they say none.
enum class RivaEncoding : std::uint8_t { pcm, mulaw, alaw, flac, ogg_opus };

struct RivaListenOrder {
  RivaEncoding encoding = RivaEncoding::pcm;
  int rate = 0;          // Hz, one that a stream may have; 0: as the file says, or as usual
  std::string language;  // ISO 639-1; empty: found out
  int silence_ms = 0;    // ends an utterance; 0: as usual
  bool partials = false;
  bool words = false;                  // their times are told
  bool speakers = false;               // likewise their numbers
  std::vector<std::string> hot_words;  // at most kHotWordListMax
  std::string id;                      // comes back with every answer
};

/// RecognizeRequest.
struct RivaRecording {
  RivaListenOrder order;
  std::string audio;
};
[[nodiscard]] std::variant<RivaRecording, ProtocolError> parse_riva_recognize(
    std::string_view bytes);
/// StreamingRecognizeRequest: an order first, then audio.
using RivaListenMessage = std::variant<RivaListenOrder, AudioPiece>;
[[nodiscard]] std::variant<RivaListenMessage, ProtocolError> parse_riva_streaming(
    std::string_view bytes);

/// An utterance, or what is known of it.
struct RivaHeard {
  Recognized text;         // its words where they were asked for
  int speaker = 0;         // from 1; 0: is not told
  media::MediaTime audio;  // that has been heard
};
/// StreamingRecognizeResponse.
[[nodiscard]] std::string riva_streaming_proto(const RivaHeard& heard, std::string_view id);
/// RecognizeResponse, of all utterances.
[[nodiscard]] std::string riva_recognized_proto(std::span<const RivaHeard> utterances,
                                                std::string_view id);

/// RivaSpeechRecognitionConfigResponse to a request. `language`: "en-US", or "multi".
[[nodiscard]] std::variant<std::string, ProtocolError> riva_recognition_config(
    std::string_view bytes, const std::string& model, const std::string& language);

}  // namespace parley::protocol
