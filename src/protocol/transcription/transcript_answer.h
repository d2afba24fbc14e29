// SPDX-License-Identifier: Apache-2.0
//
// The answers of `POST /v1/audio/transcriptions` and `/translations` (openai 3.54.0): one body for
// each response_format, and the server-sent events of `stream=true`. An error among the events is
// speech_answer.h's `append_audio_error`.
//
// Times are seconds, to the millisecond. Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "media/word_time.h"
#include "protocol/transcription/file_transcript.h"
#include "protocol/transcription/transcription_order.h"

namespace parley::protocol {

/// The body that `order` asks for, whatever its format; `content_type_of(order.format)` is its
/// type.
[[nodiscard]] std::string transcript_body(const FileTranscript& transcript,
                                          const TranscriptionOrder& order);

// --- one format each
// ------------------------------------------------------------------------------

/// {"text":…,"logprobs":[…],"usage":{"type":"duration","seconds":…}}, without logprobs where there
/// are none. A translation's has the text alone.
[[nodiscard]] std::string transcript_json(const FileTranscript& transcript, bool translate = false);
/// The text and a line end.
[[nodiscard]] std::string transcript_text(const FileTranscript& transcript);
struct VerboseParts {
  bool segments = true;
  bool words = false;
  bool translate = false;
  double temperature = 0.0;
};
[[nodiscard]] std::string transcript_verbose_json(const FileTranscript& transcript,
                                                  const VerboseParts& parts);
/// A segment whose speaker is not known is told as kUnknownSpeaker's.
[[nodiscard]] std::string transcript_diarized_json(const FileTranscript& transcript);

// --- server-sent events
// ---------------------------------------------------------------------------

/// `data: {"type":"transcript.text.delta",…}`. `segment_id` as in the segment's event; empty: none.
void append_transcript_delta(std::string& out, std::string_view delta,
                             std::span<const media::TokenScore> logprobs = {},
                             std::string_view segment_id = {});
/// Of a transcript with speakers. `index`: from 0.
void append_transcript_segment(std::string& out, const FileSegment& segment, std::size_t index);
struct TranscriptTokens {
  std::int64_t audio = 0;  // in
  std::int64_t text = 0;   // in: of the prompt
  std::int64_t output = 0;
};
/// The last one.
void append_transcript_done(std::string& out, std::string_view text,
                            std::span<const media::TokenScore> logprobs = {},
                            const std::optional<TranscriptTokens>& usage = {});

/// "seg_001" of index 0.
[[nodiscard]] std::string segment_id(std::size_t index);

}  // namespace parley::protocol
