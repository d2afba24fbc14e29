// SPDX-License-Identifier: Apache-2.0
//
// How an utterance of any length becomes windows of the one length that GE2E was trained on
// (Resemblyzer, VoiceEncoder.compute_partial_slices): 160 frames of 10 ms, a new one every 77
// frames. Speech of three quarters of a window at the end makes a window, filled up with silence;
// less than that is left out, unless it is all there is.
//
// Threads: pure.
#pragma once

#include <cstddef>
#include <vector>

namespace parley::backend {

inline constexpr std::size_t kPartialFrames = 160;  // of 10 ms
/// Of one utterance, evenly spread over it: beyond 13.5 s or so they lie further apart.
inline constexpr std::size_t kPartialsMax = 16;
/// 1.3 windows a second.
inline constexpr std::size_t kPartialStepFrames = 77;

/// The first frame of each window, at least one. REQUIRES: 0 < step_frames <= kPartialFrames.
[[nodiscard]] std::vector<std::size_t> partial_starts(std::size_t samples,
                                                      std::size_t step_frames = kPartialStepFrames);

}  // namespace parley::backend
