// SPDX-License-Identifier: Apache-2.0
//
// Whisper says something even where nobody speaks, and may say it again and again. This judges an
// answer as Whisper's authors do (Radford et al., "Robust Speech Recognition via Large-Scale Weak
// Supervision", 2022, section 4.5, and openai/whisper's transcribe.py). Three things differ. They
// believe a text of a logprob above -1.0 whatever else speaks against it, since half a minute of
// speech would be lost with it; we judge one utterance, and believe it above -0.5. In 108 sounds
// of noise, hum, clicks and tones of 0.3 to 10 s the model thought that nobody speaks with 0.64 at
// least, and said "Thank you." or a greeting in Korean with -0.9; in 60 clips of speech it thought
// so with 0.40 at most. They measure repetition by how well the text compresses (above 2.4:
// failed), we by the tokens, since short texts do not compress. And they repeat a failed answer at
// a higher temperature, where we give the model the 30 s of context it was trained with: the answer
// stays the same each time.
//
// Threads: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace parley::backend {

inline constexpr double kNoSpeechMin = 0.6;      // no_speech_threshold and logprob_threshold of
inline constexpr double kLogprobMeanMin = -1.0;  // openai/whisper
/// Above it a text is believed though it seems that nobody speaks.
inline constexpr double kLogprobBelievedMin = -0.5;

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
/// Nobody said that: silence, or (what it answers to steady noise, however it is asked) a text that
/// is mostly repetition, if it is long or it seems that nobody speaks.
[[nodiscard]] bool is_made_up(const WhisperScores& scores) noexcept;
/// `a` is the better answer.
[[nodiscard]] bool is_better(const WhisperScores& a, const WhisperScores& b) noexcept;

/// The share of all runs of three tokens that were there before, 0 to 1.
[[nodiscard]] double repeated_share(std::span<const std::int64_t> tokens);

}  // namespace parley::backend
