// SPDX-License-Identifier: Apache-2.0
#include "codec/audio_file.h"

#include <memory>

namespace parley::codec {
namespace {

constexpr std::size_t kBlock = 16'384;  // samples

}  // namespace

Result<AudioClip> read_audio_file(const std::filesystem::path& path, AudioFileOptions options) {
  PARLEY_TRY(const std::unique_ptr<AudioSource> source, open_audio_file(path, options));
  return read_all(*source);
}

Result<AudioClip> read_audio_bytes(std::span<const std::byte> bytes, std::string_view name,
                                   AudioFileOptions options) {
  PARLEY_TRY(const std::unique_ptr<AudioSource> source, open_audio_bytes(bytes, name, options));
  return read_all(*source);
}

Result<AudioClip> read_all(AudioSource& source) {
  AudioClip clip{.rate = source.rate(), .samples = {}};
  while (true) {
    const std::size_t before = clip.samples.size();
    clip.samples.resize(before + kBlock);
    PARLEY_TRY(const std::size_t count, source.read(std::span(clip.samples).subspan(before)));
    clip.samples.resize(before + count);
    if (count == 0) return clip;
  }
}

}  // namespace parley::codec
