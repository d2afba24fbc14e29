// SPDX-License-Identifier: Apache-2.0
//
// A transcript as what players show: SubRip (srt) and WebVTT (W3C Candidate Recommendation 2019).
// One cue for each segment that has text; a segment that ends before it begins lasts 1 ms. Line
// breaks in a text become spaces: an empty line would end the cue.
//
// Neither format can say `-->` in a text. WebVTT escapes it with `&`, `<` and `>`; SubRip has no
// escapes, so an arrow loses dashes ("->"), as in Whisper's writer.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <string>

#include "media/media_time.h"
#include "protocol/transcription/file_transcript.h"

namespace parley::protocol {

/// "1\n00:00:00,000 --> 00:00:03,320\nHello.\n\n". Where the speaker is known: "A: Hello."
[[nodiscard]] std::string to_srt(const FileTranscript& transcript);
/// "WEBVTT\n\n00:00:00.000 --> 00:00:03.320\nHello.\n\n". Where the speaker is known: "<v A>Hello."
[[nodiscard]] std::string to_vtt(const FileTranscript& transcript);

// One cue at a time, for who writes while hearing; the text of `segment` is not empty.
void append_srt_cue(std::string& out, std::size_t number, const FileSegment& segment);
void append_vtt_head(std::string& out);
void append_vtt_cue(std::string& out, const FileSegment& segment);

/// Appends "HH:MM:SS,mmm" with `point` instead of the comma; hours grow beyond two digits.
void append_cue_time(std::string& out, media::MediaTime time, char point);

}  // namespace parley::protocol
