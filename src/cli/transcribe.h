// SPDX-License-Identifier: Apache-2.0
//
// What `parley transcribe` does once the models are there.
//
// Threads: one owner, which it blocks.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "agent/agent_settings.h"
#include "agent/voice_pipeline.h"
#include "exec/runnable.h"

namespace parley::cli {

enum class TranscribeFormat : std::uint8_t {
  text,  // one line for each file: the name, a tab, the text
  // One line for each file: {"file", "text", "seconds", "segments": [{"start", "end", "text",
  // "words": [{"text", "start", "end"}]}]}, times in seconds.
  json,
  srt,  // subtitles; files that follow each other would overlap
  vtt,
};

struct TranscribeOptions {
  std::vector<std::string> files;
  TranscribeFormat format = TranscribeFormat::text;
};

/// What each file says, on `out`, in order. A file that cannot be read or heard is named on `err`,
/// and the others go on. Returns the exit status.
[[nodiscard]] int transcribe_files(const agent::ListeningContext& context, exec::Executor& executor,
                                   const agent::AgentSettings& settings,
                                   const TranscribeOptions& options, std::ostream& out,
                                   std::ostream& err);

}  // namespace parley::cli
