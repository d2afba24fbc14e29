// SPDX-License-Identifier: Apache-2.0
//
// What ElevenLabs' clients are told (elevenlabs 2.78.0): frames of the sockets with times in whole
// milliseconds from the begin of their own audio, answers over HTTP with times in seconds from the
// begin of all of it, the lists of voices and models, errors.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/speech/alignment.h"

namespace parley::protocol {

/// Of the same audio: its text as it was written, and as it is said. Empty ones are told as null.
struct ElevenLabsAlignments {
  std::vector<TimedCharacter> written;
  std::vector<TimedCharacter> spoken;
};

// --- the sockets
// ----------------------------------------------------------------------------------

/// `context`: nothing on `stream-input`.
[[nodiscard]] std::string eleven_labs_audio(std::string_view audio,
                                            const ElevenLabsAlignments& alignments,
                                            const std::optional<std::string>& context);
/// The last frame of a context, or of the socket.
[[nodiscard]] std::string eleven_labs_final(const std::optional<std::string>& context);
/// Before a close with `code`.
[[nodiscard]] std::string eleven_labs_socket_error(std::string_view error, std::string_view message,
                                                   int code);

// --- HTTP
// -----------------------------------------------------------------------------------------

/// The body of `…/with-timestamps`, or one line of `…/stream/with-timestamps` without its newline.
[[nodiscard]] std::string eleven_labs_timed_audio(std::string_view audio,
                                                  const ElevenLabsAlignments& alignments);

struct ElevenLabsVoice {
  std::string id;
  std::string name;
  std::string language;  // "en-US"
};
[[nodiscard]] std::string eleven_labs_voices(std::span<const ElevenLabsVoice> voices);
[[nodiscard]] std::string eleven_labs_voice(const ElevenLabsVoice& voice);
/// `languages`: of the voices, "en".
[[nodiscard]] std::string eleven_labs_models(std::span<const std::string> models,
                                             std::span<const std::string> languages,
                                             std::size_t characters_max);
/// {"detail":{"status":…,"message":…}}
[[nodiscard]] std::string eleven_labs_error(std::string_view status, std::string_view message);
/// 422: {"detail":[{"loc":["body","text"],"msg":…,"type":"value_error"}]}
[[nodiscard]] std::string eleven_labs_invalid(std::string_view place, std::string_view field,
                                              std::string_view message);

}  // namespace parley::protocol
