// SPDX-License-Identifier: Apache-2.0
//
// What HTTP clients are told, as text: events of `POST /v1/audio/speech` with `stream_format` sse,
// the JSON of `POST /v1/audio/stream` in the pieces in which it is made, the list of voices,
// errors.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/protocol_error.h"

namespace parley::protocol {

// --- server-sent events
// ---------------------------------------------------------------------------

/// Appends `data: {"type":"speech.audio.delta",…}`: consecutive bytes of one file.
void append_audio_delta(std::string& out, std::span<const std::byte> bytes);
struct SpeechUsage {
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
};
void append_audio_done(std::string& out, const SpeechUsage& usage);
void append_audio_error(std::string& out, std::string_view code, std::string_view message);

// --- /v1/audio/stream
// -----------------------------------------------------------------------------

void begin_audio_chunks(std::string& out);
/// `duration` in seconds. `id` counts from 0.
void append_audio_chunk(std::string& out, std::uint64_t id, std::span<const std::byte> bytes,
                        double duration);
void end_audio_chunks(std::string& out, double total_duration, int rate);

// --- voices, errors
// -------------------------------------------------------------------------------

struct VoiceShown {
  std::string id;
  std::string name;
  std::string language;  // BCP 47: "en-US"
};
[[nodiscard]] std::string voices_json(std::span<const VoiceShown> voices);

/// {"code":400,"message":…,"field":…}; no `field` when it is empty.
[[nodiscard]] std::string speech_error_json(int status, std::string_view message,
                                            std::string_view field);

}  // namespace parley::protocol
