// SPDX-License-Identifier: Apache-2.0
//
// What a whole recording says, heard through the listening half of a session, as fast as the models
// go: the same windows, the same turns, the same cuts as over a socket.
//
// Threads: any; blocks until the end of the recording has been heard, so not for a strand.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/agent_settings.h"
#include "agent/voice_pipeline.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "media/media_time.h"
#include "media/word_time.h"

namespace parley::cli {

struct HeardUtterance {
  media::MediaTime begin;  // first and last speech, on the recording's own time
  media::MediaTime end;
  std::string text;                      // may be empty: speech, but no words
  std::vector<media::WordTime> words{};  // on the recording's own time
};

/// `samples`: mono at model::kAsrRate. Silence is added behind them, so that the last turn ends.
/// Nobody speaks: no utterances. Errors: what the models say; nothing is skipped in silence.
/// `executor` runs the strand; it must not need the calling thread.
[[nodiscard]] Result<std::vector<HeardUtterance>> hear_recording(
    const agent::ListeningContext& context, exec::Executor& executor,
    const agent::AgentSettings& settings, std::span<const float> samples);

/// The texts with a space between them.
[[nodiscard]] std::string joined_text(std::span<const HeardUtterance> utterances);

}  // namespace parley::cli
