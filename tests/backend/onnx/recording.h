// SPDX-License-Identifier: Apache-2.0
//
// Speech from files, for tests and benches of real models.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace parley::backend {

/// The cache's root: $PARLEY_CACHE, or ~/.cache/parley.
std::string cache_root();
std::string model_path(const std::string& name);      // in the cache
std::string recording_path(const std::string& name);  // in the cache

/// Mono, 16 kHz, of a WAV or FLAC file; nothing when it cannot be read.
std::optional<std::vector<float>> read_recording(const std::string& file);

/// Windowed-sinc conversion; good enough to feed a recogniser.
std::vector<float> convert_rate(std::span<const float> samples, int from, int to);

/// `first` to `last` seconds of 16 kHz audio.
std::vector<float> cut(std::span<const float> samples, double first, double last);

/// Words as the scorer counts them: lower case, punctuation gone, apostrophes inside words kept.
std::vector<std::string> words_of(const std::string& text);
/// The fewest substitutions, deletions and insertions between them.
std::size_t word_errors(const std::string& reference, const std::string& hypothesis);

/// User and system time of the process so far, in seconds.
double cpu_seconds();

}  // namespace parley::backend
