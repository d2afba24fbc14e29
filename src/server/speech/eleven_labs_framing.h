// SPDX-License-Identifier: Apache-2.0
//
// How speech stands in ElevenLabs' HTTP answers, and their errors. Threads: any (pure).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/speech/speech_framing.h"

namespace parley::server {

enum class ElevenLabsShape : std::uint8_t {
  audio,        // the bytes of the file
  timed,        // one object: the file in base64, and when its characters are heard
  timed_lines,  // one such object a line, as they are made
};

/// `content_type`: of the file.
[[nodiscard]] std::unique_ptr<SpeechFraming> eleven_labs_framing(ElevenLabsShape shape,
                                                                 std::string content_type);

/// {"detail":{"status":…,"message":…}}
[[nodiscard]] transport::HttpResponse eleven_labs_error_answer(int status, std::string_view name,
                                                               std::string_view message);
/// 422, with the field of `place` ("body", "query") that is at fault.
[[nodiscard]] transport::HttpResponse eleven_labs_invalid_answer(std::string_view place,
                                                                 std::string_view field,
                                                                 std::string_view message);
/// 429 or 503, with when to come again.
[[nodiscard]] transport::HttpResponse eleven_labs_later(int status, std::string_view message,
                                                        std::int64_t retry_seconds);

}  // namespace parley::server
