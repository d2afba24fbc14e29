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

/// `begin`: of `audio`, on the clock of `alignments`. `context`: nothing on `stream-input`.
[[nodiscard]] std::string eleven_labs_audio(std::string_view audio,
                                            const ElevenLabsAlignments& alignments,
                                            media::MediaTime begin,
                                            const std::optional<std::string>& context);
/// The last frame of a context, or of the socket.
[[nodiscard]] std::string eleven_labs_final(const std::optional<std::string>& context);
/// Before a close with `code`.
[[nodiscard]] std::string eleven_labs_socket_error(std::string_view error, std::string_view message,
                                                   int code);

// --- HTTP
// -----------------------------------------------------------------------------------------

/// One line of `…/stream/with-timestamps`, without its newline.
[[nodiscard]] std::string eleven_labs_timed_audio(std::string_view audio,
                                                  const ElevenLabsAlignments& alignments);

/// The body of `…/with-timestamps`, written as it is made: one object with all of the audio, then
/// with the times of all of its characters. Threads: one owner.
class ElevenLabsTimedBody {
 public:
  /// More of the body.
  [[nodiscard]] std::string append(std::string_view audio, ElevenLabsAlignments alignments);
  /// The rest of it.
  [[nodiscard]] std::string finish();

 private:
  std::string odd_;  // up to two bytes: base64 goes by threes
  bool has_begun_ = false;
  ElevenLabsAlignments all_;
};

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
