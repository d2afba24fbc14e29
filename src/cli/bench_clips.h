// SPDX-License-Identifier: Apache-2.0
//
// The questions that `parley bench talk` asks: short recordings, each cut so that its last sample
// is the last of its speech. Latency is counted from that sample, so the silence after it is ours.
//
// Threads: any (pure but for the disk).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace parley::cli {

inline constexpr int kBenchRate = 24'000;  // Hz, of the Realtime API's pcm16
inline constexpr Millis kBenchFrame{20};   // what a client sends at a time
inline constexpr std::size_t kBenchFrameSamples = 480;

struct BenchClip {
  std::string name{};
  std::vector<std::int16_t> samples{};  // kBenchRate, whole frames; ends with the last speech
  Millis longest_pause{0};              // inside the speech
};

struct ClipRules {
  Millis length_max{8000};
  // A longer pause surely ends the turn in the middle of the clip.
  Millis pause_max{500};
};

/// Cuts a recording at its speech, by loudness. Empty samples: nobody speaks.
[[nodiscard]] BenchClip cut_clip(std::string name, std::span<const float> samples);

/// The recordings of a folder that keep the rules, in order of their names. Errors: not_found (no
/// folder, or none that keeps them, with the count of those left out).
[[nodiscard]] Result<std::vector<BenchClip>> load_clips(const std::filesystem::path& folder,
                                                        const ClipRules& rules);

/// The same for a table of cuts: lines of name, file in `folder`, start and end in seconds,
/// separated by tabs; further columns and lines with a # are skipped.
[[nodiscard]] Result<std::vector<BenchClip>> load_cuts(const std::filesystem::path& table,
                                                       const std::filesystem::path& folder,
                                                       const ClipRules& rules);

}  // namespace parley::cli
