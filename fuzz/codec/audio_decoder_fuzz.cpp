// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a recording that is pulled in blocks, whose size comes from the length of the bytes:
// the blocks are the whole recording, nothing comes after the end or after an error, and what is
// said about its kind agrees with what can be read.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/check.h"
#include "codec/audio_file.h"
#include "codec/audio_kind.h"

namespace {

using namespace parley::codec;  // NOLINT: one file, one subject

constexpr double kSecondsMax = 30.0;
constexpr std::size_t kBlockMax = 3000;

/// Reads to the end in blocks of that size; false after an error.
bool pull(AudioSource& source, std::size_t block_size, std::vector<float>& all) {
  std::vector<float> block(block_size);
  while (true) {
    const auto count = source.read(block);
    if (!count) {
      PARLEY_CHECK(!source.read(block));
      return false;
    }
    PARLEY_CHECK(*count <= block.size());
    const auto samples = std::span(block).first(*count);
    for (const float sample : samples) PARLEY_CHECK(std::isfinite(sample));
    all.insert(all.end(), samples.begin(), samples.end());
    if (*count == block.size()) continue;
    const auto more = source.read(block);
    PARLEY_CHECK(more && *more == 0);
    return true;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const AudioFileOptions options{.rate = size % 2 == 0 ? 16'000 : 0, .seconds_max = kSecondsMax};
  const auto source = open_audio_bytes(bytes, "fuzz", options);
  const auto clip = read_audio_bytes(bytes, "fuzz", options);
  if (!source) {
    PARLEY_CHECK(!clip && source.error().message.starts_with("fuzz: "));
    return 0;
  }
  PARLEY_CHECK(!needs_ffmpeg(audio_kind_of(bytes)));
  PARLEY_CHECK((*source)->rate() > 0);
  std::vector<float> all;
  const bool is_whole = pull(**source, size % kBlockMax + 1, all);
  PARLEY_CHECK(is_whole == clip.has_value());
  if (is_whole) PARLEY_CHECK(all == clip->samples);
  return 0;
}
