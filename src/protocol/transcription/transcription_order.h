// SPDX-License-Identifier: Apache-2.0
//
// What HTTP clients ask to have written down: the forms of OpenAI's `POST
// /v1/audio/transcriptions` and `/v1/audio/translations` (openai 3.54.0).
//
//   const auto form = parse_multipart_form(content_type, body);
//   const auto order = parse_transcription_order(std::get<MultipartForm>(form));
//
// Fields that are not named here are ignored, as clients send what other servers know.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/multipart_form.h"
#include "protocol/protocol_error.h"

namespace parley::protocol {

/// Of the prompt, in characters. Recognisers read the end of it (Whisper: 224 tokens).
inline constexpr std::size_t kPromptCharactersMax = 32'768;
inline constexpr std::size_t kKeywordsMax = 100;
/// Of one keyword, one speaker's name, the model's name.
inline constexpr std::size_t kNameCharactersMax = 256;
/// Languages that a recording may be in.
inline constexpr std::size_t kLanguagesMax = 32;
/// Of one recording, as OpenAI's.
inline constexpr std::size_t kKnownSpeakersMax = 4;
/// Of one reference, decoded: 10 s of stereo at 48 kHz in float32 are less.
inline constexpr std::size_t kReferenceBytesMax = 4U << 20U;

enum class TranscriptFormat : std::uint8_t { json, text, srt, vtt, verbose_json, diarized_json };

/// `chunking_strategy`: who cuts long audio.
struct Chunking {
  enum class Kind : std::uint8_t { unset, automatic, server_vad };
  Kind kind = Kind::unset;
  // server_vad only.
  double threshold = 0.5;                  // 0 to 1
  std::int32_t prefix_padding_ms = 300;    // 0 to kChunkingMsMax
  std::int32_t silence_duration_ms = 200;  // likewise
};
inline constexpr std::int32_t kChunkingMsMax = 30'000;

struct KnownSpeaker {
  std::string name;
  std::string audio;  // bytes of an audio file; empty: only the name was given
};

struct TranscriptionOrder {
  std::string_view file;               // bytes, a view into the form's body; not empty
  std::string filename;                // as the client says it
  std::string file_type;               // its Content-Type
  std::string model;                   // as it came; empty: none
  std::string language;                // ISO 639-1: "en"; empty: to be found out
  std::vector<std::string> languages;  // it is one of these; empty: nobody knows
  std::string prompt;
  std::vector<std::string> keywords;
  TranscriptFormat format = TranscriptFormat::json;
  double temperature = 0.0;  // 0 to 1
  bool segments = true;      // verbose_json shows them,
  bool words = false;        // and these
  bool stream = false;       // as server-sent events
  bool logprobs = false;
  Chunking chunking;
  std::vector<KnownSpeaker> known_speakers;
  bool translate = false;  // to English
};

using TranscriptionOrderResult = std::variant<TranscriptionOrder, ProtocolError>;

/// Errors name the field in `param`, its value and what is expected.
[[nodiscard]] TranscriptionOrderResult parse_transcription_order(const MultipartForm& form);
/// `file`, `model`, `prompt`, `response_format` (all but diarized_json), `temperature`.
[[nodiscard]] TranscriptionOrderResult parse_translation_order(const MultipartForm& form);

/// As `response_format` says it: "verbose_json".
[[nodiscard]] std::string_view name_of(TranscriptFormat format) noexcept;
/// Of an answer's body.
[[nodiscard]] std::string_view content_type_of(TranscriptFormat format) noexcept;

}  // namespace parley::protocol
