// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/whisper_guard.h"

#include <array>
#include <set>

namespace parley::backend {
namespace {

// Text that compresses 2.4 times is about two thirds repetition; speech that does repeat itself
// ("try again, fail again") has less than a third.
constexpr double kRepeatedMax = 0.5;
constexpr std::size_t kRun = 3;
constexpr std::size_t kLongText = 16;  // people do say "no, no, no, no"

}  // namespace

bool is_silence(const WhisperScores& scores) noexcept {
  return scores.no_speech > kNoSpeechMin && scores.logprob_mean < kLogprobBelievedMin;
}

bool is_made_up(const WhisperScores& scores) noexcept {
  const bool is_repetition = scores.repeated > kRepeatedMax;
  return is_silence(scores) ||
         (is_repetition && (scores.tokens >= kLongText || scores.no_speech > kNoSpeechMin));
}

bool is_doubtful(const WhisperScores& scores) noexcept {
  if (is_silence(scores)) return false;
  return scores.was_cut || scores.repeated > kRepeatedMax || scores.logprob_mean < kLogprobMeanMin;
}

bool is_better(const WhisperScores& a, const WhisperScores& b) noexcept {
  const auto repeats = [](const WhisperScores& s) {
    return s.was_cut || s.repeated > kRepeatedMax;
  };
  if (repeats(a) != repeats(b)) return repeats(b);
  return a.logprob_mean > b.logprob_mean;
}

double repeated_share(std::span<const std::int64_t> tokens) {
  if (tokens.size() < kRun) return 0.0;
  std::set<std::array<std::int64_t, kRun>> seen;
  const std::size_t runs = tokens.size() - kRun + 1;
  for (std::size_t i = 0; i < runs; ++i) seen.insert({tokens[i], tokens[i + 1], tokens[i + 2]});
  return 1.0 - static_cast<double>(seen.size()) / static_cast<double>(runs);
}

}  // namespace parley::backend
