// SPDX-License-Identifier: Apache-2.0
//
// Riva's messages (proto/riva/riva_tts.proto, nvidia-riva-client 2.28) in the words of the speaking
// sockets.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/word_time.h"
#include "protocol/protocol_error.h"
#include "protocol/speech/socket_message.h"
#include "protocol/speech/speech_answer.h"

namespace parley::protocol {

struct RivaOrder {
  Speak speak;         // its text is whole, valid UTF-8; may be empty
  bool words = false;  // their times are told
  std::string id;      // comes back
};
using RivaOrderResult = std::variant<RivaOrder, ProtocolError>;

/// SynthesizeSpeechRequest. `characters_max` of the text, in code points.
[[nodiscard]] RivaOrderResult parse_riva_synthesize(std::string_view bytes,
                                                    std::size_t characters_max);

/// SynthesizeSpeechResponse; what is empty is left out.
struct RivaAnswer {
  std::string audio;
  std::string written;
  std::string spoken;
  std::vector<media::WordTime> words;  // from the beginning of the call's audio
  std::string id;
};
[[nodiscard]] std::string to_proto(const RivaAnswer& answer);

/// RivaSynthesisConfigResponse: the voices as sub-voices of one model, which is named so.
inline constexpr std::string_view kRivaModel = "Parley";
/// `request`: a RivaSynthesisConfigRequest. Models of other names are not told of.
using RivaConfigResult = std::variant<std::string, ProtocolError>;
[[nodiscard]] RivaConfigResult riva_config(std::string_view request,
                                           std::span<const VoiceShown> voices);

}  // namespace parley::protocol
