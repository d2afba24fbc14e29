// SPDX-License-Identifier: Apache-2.0
//
// Reads a whole recording into memory: what audio_decoder.h reads, and as it does. A recording that
// may be long is better pulled from there block by block.
//
// Threads: any. Allocates. Blocks on the disk: not for a strand.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/audio_decoder.h"

namespace parley::codec {

struct AudioClip {
  int rate = 0;                // Hz
  std::vector<float> samples;  // mono

  [[nodiscard]] double seconds() const {
    return rate == 0 ? 0.0 : static_cast<double>(samples.size()) / rate;
  }
};

/// Errors: as of open_audio_file and AudioSource::read.
Result<AudioClip> read_audio_file(const std::filesystem::path& path, AudioFileOptions options = {});

/// The same for bytes in memory; `name` stands for the file in messages.
Result<AudioClip> read_audio_bytes(std::span<const std::byte> bytes, std::string_view name,
                                   AudioFileOptions options = {});

/// All that is left of a source.
Result<AudioClip> read_all(AudioSource& source);

}  // namespace parley::codec
