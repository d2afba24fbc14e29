// SPDX-License-Identifier: Apache-2.0
//
// Whisper says something even where nobody speaks, and may say it again and again. This judges an
// answer as Whisper's authors do (Radford et al., "Robust Speech Recognition via Large-Scale Weak
// Supervision", 2022, section 4.5; the constants are those of openai/whisper's transcribe.py). Two
// things differ. They measure repetition by how well the text compresses (above 2.4: failed), we by
// the tokens, since short texts do not compress. And they repeat a failed answer at a higher
// temperature, where we give the model the 30 s of context it was trained with: the answer stays
// the same each time.
//
// Threads: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace parley::backend {

inline constexpr double kNoSpeechMin = 0.6;      // logprob_threshold and no_speech_threshold of
inline constexpr double kLogprobMeanMin = -1.0;  // openai/whisper

struct WhisperScores {
  double logprob_mean = 0.0;  // natural, per token, that of the end included
  double no_speech = 0.0;     // how likely it is that nobody speaks
  double repeated = 0.0;      // see repeated_share
  bool was_cut = false;       // in a loop, or too long for its audio
  std::size_t tokens = 0;
};

/// The answer is to be tried again, if there is another way.
[[nodiscard]] bool is_doubtful(const WhisperScores& scores) noexcept;
/// Nobody speaks.
[[nodiscard]] bool is_silence(const WhisperScores& scores) noexcept;
/// Nobody said that: silence, or (what it answers to steady noise, however it is asked) a long text
/// that is mostly repetition.
[[nodiscard]] bool is_made_up(const WhisperScores& scores) noexcept;
/// `a` is the better answer.
[[nodiscard]] bool is_better(const WhisperScores& a, const WhisperScores& b) noexcept;

/// The share of all runs of three tokens that were there before, 0 to 1.
[[nodiscard]] double repeated_share(std::span<const std::int64_t> tokens);

}  // namespace parley::backend
