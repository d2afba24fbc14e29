// SPDX-License-Identifier: Apache-2.0
//
// The raw recognition socket, `/v1/asr/stream`: binary frames of audio in, results as JSON out.
//
//   → GET /v1/asr/stream?encoding=pcm_s16le&rate=16000&language=en
//   → (audio) … {"type":"end"}
//   ← {"type":"partial","utterance":1,"text":"The cap","stable":"The","start_ms":0,"end_ms":480,…}
//   ← {"type":"final","utterance":1,"text":"The captain.","stable":"The captain.",…,"words":[…]}
//   ← {"type":"done"}
//
// docs/recognition/raw.md has all of it. Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/media_time.h"
#include "media/word_time.h"
#include "protocol/protocol_error.h"

namespace parley::protocol {

/// `opus`: each frame is one packet (RFC 6716); an empty one was lost on its way to the client.
enum class AudioEncoding : std::uint8_t { pcm_s16le, pcm_f32le, pcmu, pcma, opus };

/// What the address asks for.
struct ListenOrder {
  AudioEncoding encoding = AudioEncoding::pcm_s16le;
  /// Hz: 8000, 16000, 22050, 24000, 32000, 44100 or 48000. Of Opus: what it was made from, which
  /// its packets do not depend on.
  int rate = 16'000;
  std::string language;  // ISO 639-1; empty: the model's own, or found out
  bool partials = true;
  int silence_ms = 500;                // ends an utterance; 100 to 10000
  std::vector<std::string> hot_words;  // at most kHotWordListMax
};

/// The value of a name in the query; nothing when it is absent.
using QueryValue = std::function<std::optional<std::string_view>(std::string_view)>;

/// Errors name the parameter.
[[nodiscard]] std::variant<ListenOrder, ProtocolError> parse_listen(const QueryValue& value_of);

/// `{"type":"end"}`: whatever has come is recognised, and answered by `done`.
struct EndOfAudio {};
[[nodiscard]] std::variant<EndOfAudio, ProtocolError> parse_listen_message(std::string_view frame);

/// A partial or a final. Times count from the first sample of the socket.
struct Recognized {
  bool is_final = false;
  std::uint64_t utterance = 0;
  std::string_view text{};
  std::size_t stable_bytes = 0;  // of `text`, those that stay
  media::MediaTime begin{};
  media::MediaTime end{};
  std::string_view language{};                          // empty: null
  std::string_view speaker{};                           // likewise
  std::string_view emotion{};                           // of a final; empty: is not told
  std::string_view event{};                             // likewise
  const std::vector<media::WordTime>* words = nullptr;  // of a final; null: none are told
  std::optional<double> confidence{};                   // 0 to 1
};

[[nodiscard]] std::string to_json(const Recognized& recognized);
[[nodiscard]] std::string speech_started_json(std::uint64_t utterance, media::MediaTime begin);
[[nodiscard]] std::string listen_done_json(media::MediaTime audio);
/// `code`: as HTTP has them. `retry_after` in seconds; 0: is not told.
[[nodiscard]] std::string listen_error_json(int code, std::string_view message,
                                            std::string_view field = {},
                                            std::int64_t retry_after = 0);

/// How sure the recogniser was of all of it: the mean probability of its tokens; nothing without
/// any.
[[nodiscard]] std::optional<double> confidence_of(const std::vector<media::TokenScore>& tokens);

}  // namespace parley::protocol
