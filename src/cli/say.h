// SPDX-License-Identifier: Apache-2.0
//
// What `parley say` does once the voice is there: text to speech, sentence by sentence.
//
// Threads: one owner, which it blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "model/tts_model.h"

namespace parley::cli {

inline constexpr std::size_t kSayTextMax = 1U << 20U;  // bytes: about 20 hours of speech

struct SayOptions {
  std::string voice = {};
  float speed = 1.0F;      // 0.25 to 4
  std::uint64_t seed = 1;  // the same text, voice, speed and seed give the same audio
  std::vector<media::WordTime>* words = nullptr;  // gets when each word is heard, if not null
};

/// Mono samples at the host's rate; an error ends the speech.
using SpeechSink = std::function<Status(std::span<const float> samples)>;

/// Pieces that are spoken by themselves: sentences, or the clauses of long ones.
[[nodiscard]] std::vector<std::string> spoken_pieces(std::string_view text);

/// Speaks `pieces` in order into `sink`, which is called in the caller's thread. Errors: what the
/// voice says, with the piece; what the sink says. `executor` must not need the calling thread.
[[nodiscard]] Status say(model::TtsHost& host, exec::Executor& executor, const Clock& clock,
                         std::span<const std::string> pieces, const SayOptions& options,
                         const SpeechSink& sink);

}  // namespace parley::cli
