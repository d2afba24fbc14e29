// SPDX-License-Identifier: Apache-2.0
//
// When each token of a recognised text is heard, from where the decoder listened while it chose it.
//
// Each step of the decoder gives its attention: how much it looked at each frame of the audio.
// The path through all of them that goes forward in both and gathers the most attention (dynamic
// time warping, as in OpenAI's Whisper) says in which frame each token begins. A pause belongs to
// nobody: a token whose stretch begins with silence starts after it.
//
// Threads: pure functions. Cost: tokens × frames, 0.1 ms for ten seconds of speech.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "media/word_time.h"

namespace parley::backend {

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

/// Which frames (of `frame` samples) of `audio` are nearly silent beside its loud ones.
[[nodiscard]] std::vector<char> quiet_frames(std::span<const float> audio, std::size_t frame);

/// The words of a text and when they are heard. `pieces`: what each step added to the text, the
/// space before a new word included. `attention`: a row for each of them, and one for what ended
/// the answer, over frames of `frame` samples (16 kHz) of `audio`. Empty when rows are missing.
[[nodiscard]] std::vector<media::WordTime> word_times(
    std::span<const std::string> pieces, std::span<const std::span<const float>> attention,
    std::span<const float> audio, std::size_t frame);

}  // namespace parley::backend
