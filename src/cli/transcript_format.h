// SPDX-License-Identifier: Apache-2.0
//
// What a recording says, as text, JSON or subtitles.
//
// Threads: any (pure).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/hear_recording.h"

namespace parley::cli {

enum class TranscriptFormat : std::uint8_t {
  text,  // the text
  // One line: {"file", "text", "seconds", "language", "segments": [{"start", "end", "text",
  // "words": [{"text", "start", "end"}]}]}, times in seconds. No language where it is not known.
  json,
  srt,  // subtitles, cut behind sentences
  vtt,
};

/// "txt", "json", "srt", "vtt"
[[nodiscard]] std::string_view ending_of(TranscriptFormat format) noexcept;

/// With a line end. `file`: how the recording is named in it.
[[nodiscard]] std::string written(TranscriptFormat format, const std::string& file,
                                  const HeardRecording& heard);

/// As one of several on standard output: of text "FILE<tab>the text", on one line; else as above.
[[nodiscard]] std::string listed(TranscriptFormat format, const std::string& file,
                                 const HeardRecording& heard);

}  // namespace parley::cli
