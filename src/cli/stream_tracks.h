// SPDX-License-Identifier: Apache-2.0
//
// What the streams of `parley bench streams` play: recorded questions in a recorded room. A track
// repeats: a question, then so much room that the questions are kSpeechShare of it.
//
// The room is made of the quiet stretches of the same recordings (before speech and in its pauses),
// each brought to kRoomLevel, joined with fades, in another order for each track; it goes on under
// the questions. Samples are never all zero for a frame: a real microphone's are not, and a
// detector that skips zeros would look better than it is.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "cli/bench_clips.h"

namespace parley::cli {

inline constexpr double kSpeechShare = 0.3;
inline constexpr double kRoomLevel = -55.0;  // dBFS, root mean square

struct StreamTrack {
  std::vector<std::int16_t> samples;  // kBenchRate, whole frames; to be repeated
  std::size_t speech_samples = 0;     // of these, inside questions

  [[nodiscard]] std::span<const std::int16_t> frame(std::size_t index) const {
    const std::size_t frames = samples.size() / kBenchFrameSamples;
    return std::span(samples).subspan(index % frames * kBenchFrameSamples, kBenchFrameSamples);
  }
};

/// `count` tracks of at least `seconds`. Errors: not_found when the clips have no quiet stretch
/// that is not digital silence.
[[nodiscard]] Result<std::vector<StreamTrack>> make_stream_tracks(std::span<const BenchClip> clips,
                                                                  std::size_t count, int seconds,
                                                                  std::uint64_t seed);

}  // namespace parley::cli
