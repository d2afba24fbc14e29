// SPDX-License-Identifier: Apache-2.0
//
// Reads a whole recording: WAV, FLAC, Ogg (Vorbis, Opus) and MP3 through libsndfile, of any rate
// and number of channels, mixed down to mono and, on demand, resampled.
//
// The bytes come from outside: every failure is an Error that names the file and says why. Samples
// that are no numbers are silence, louder ones than 1 are clamped; a header that lies about the
// length costs no memory.
//
// Threads: any. Allocates. Blocks on the disk: not for a strand.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::codec {

struct AudioClip {
  int rate = 0;                // Hz
  std::vector<float> samples;  // mono

  [[nodiscard]] double seconds() const {
    return rate == 0 ? 0.0 : static_cast<double>(samples.size()) / rate;
  }
};

struct AudioFileOptions {
  int rate = 0;               // Hz to resample to; 0: as in the file
  double seconds_max = 7200;  // of audio; a longer file is an error
};

inline constexpr int kFileChannelsMax = 64;

/// Errors: not_found, permission_denied, data_corrupt (not an audio file that we read, or damaged),
/// resource_exhausted (longer than the limit), invalid_argument (a rate out of range).
Result<AudioClip> read_audio_file(const std::filesystem::path& path, AudioFileOptions options = {});

/// The same for bytes in memory; `name` stands for the file in messages.
Result<AudioClip> read_audio_bytes(std::span<const std::byte> bytes, std::string_view name,
                                   AudioFileOptions options = {});

}  // namespace parley::codec
