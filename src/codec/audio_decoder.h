// SPDX-License-Identifier: Apache-2.0
//
// Recordings as AudioSources, through libsndfile: WAV, FLAC, Ogg (Vorbis, Opus), MP3, AIFF and its
// other kinds, of any rate and number of channels, mixed down to mono and, on demand, resampled.
//
// The bytes come from outside: every failure is an Error that names the file and says why. Samples
// that are no numbers are silence, louder ones than 1 are clamped; a header that lies about the
// length costs no memory. What stays of a long recording is libsndfile's own state and one chunk.
//
// Threads: any; a source has one owner. Allocates.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "codec/audio_source.h"

namespace parley::codec {

inline constexpr int kFileChannelsMax = 64;

struct AudioFileOptions {
  int rate = 0;                         // Hz to resample to; 0: as in the file
  double seconds_max = 7200;            // of audio; a longer file is an error
  int channels_max = kFileChannelsMax;  // 1 to kFileChannelsMax; more are an error
};

/// Errors: not_found, permission_denied, data_corrupt (not an audio file that we read, or damaged),
/// resource_exhausted (it says that it is longer than the limit), invalid_argument (a rate out of
/// range, too many channels, a kind that needs ffmpeg).
Result<std::unique_ptr<AudioSource>> open_audio_file(const std::filesystem::path& path,
                                                     AudioFileOptions options = {});

/// The same for bytes in memory, which must outlive the source; `name` stands for the file in
/// messages.
Result<std::unique_ptr<AudioSource>> open_audio_bytes(std::span<const std::byte> bytes,
                                                      std::string_view name,
                                                      AudioFileOptions options = {});

// What every AudioSource of a file does and says alike.
[[nodiscard]] Error longer_than(double seconds_max, std::string_view name);
/// Not a number becomes silence, what is louder than 1 is clamped.
[[nodiscard]] float plain_sample(float sample) noexcept;

}  // namespace parley::codec
