// SPDX-License-Identifier: Apache-2.0
//
// When each token of a recognised text is heard, from where the decoder listened while it chose it.
//
// Each step of the decoder gives its attention: how much it looked at each frame of 384 samples.
// The path through all of them that goes forward in both and gathers the most attention (dynamic
// time warping, as in OpenAI's Whisper) says in which frame each token begins. A pause belongs to
// nobody: a token whose stretch begins with silence starts after it.
//
// Threads: pure functions. Cost: tokens × frames, 0.1 ms for ten seconds of speech.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace parley::backend {

inline constexpr std::size_t kAttentionFrame = 384;  // samples at 16 kHz: 24 ms

struct FrameSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// `attention`: a row of `frames` for each step, the one that chose the end token included; at
/// least one row. Returns one span per row.
[[nodiscard]] std::vector<FrameSpan> warp(std::span<const std::span<const float>> attention);

/// Moves `begin` behind the silence that `span` of `audio` begins with, and `end` before the one it
/// ends with, where that is a pause and not a consonant's closure.
[[nodiscard]] FrameSpan without_pauses(FrameSpan span, std::span<const char> quiet);

/// Which frames of `audio` are nearly silent beside its loud ones.
[[nodiscard]] std::vector<char> quiet_frames(std::span<const float> audio);

}  // namespace parley::backend
