// SPDX-License-Identifier: Apache-2.0
//
// What `parley transcribe` does once the models are there.
//
// Threads: one owner, which it blocks.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "agent/agent_settings.h"
#include "agent/voice_pipeline.h"
#include "exec/runnable.h"

namespace parley::cli {

struct TranscribeOptions {
  std::vector<std::string> files;
  // A line is {"file", "text", "seconds", "segments": [{"start", "end", "text",
  // "words": [{"text", "start", "end"}]}]}, times in seconds.
  bool json = false;
};

/// One line for each file on `out`, in order: the name, a tab, the text. A file that cannot be read
/// or heard is named on `err`, and the others go on. Returns the exit status.
[[nodiscard]] int transcribe_files(const agent::ListeningContext& context, exec::Executor& executor,
                                   const agent::AgentSettings& settings,
                                   const TranscribeOptions& options, std::ostream& out,
                                   std::ostream& err);

}  // namespace parley::cli
