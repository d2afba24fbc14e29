// SPDX-License-Identifier: Apache-2.0
//
// Wire audio to float32 and back, for each media::Codec: stateless, sample by sample.
//
//   codec::decode(Codec::pcmu, frame.bytes.bytes(), samples);   // sizes must match: see
//   sample_count
//
// Threads: any. Allocates: only `append_pcm16`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "media/frame.h"

namespace parley::codec {

[[nodiscard]] constexpr std::size_t bytes_per_sample(media::Codec codec) noexcept {
  return codec == media::Codec::pcm16 ? 2 : 1;
}
/// Whole samples in `bytes`.
[[nodiscard]] constexpr std::size_t sample_count(media::Codec codec, std::size_t bytes) noexcept {
  return bytes / bytes_per_sample(codec);
}

/// REQUIRES: samples.size() == sample_count(codec, bytes.size()), without a remainder.
void decode(media::Codec codec, std::span<const std::byte> bytes,
            std::span<float> samples) noexcept;
/// REQUIRES: bytes.size() == samples.size() * bytes_per_sample(codec).
void encode(media::Codec codec, std::span<const float> samples,
            std::span<std::byte> bytes) noexcept;

/// Appends the samples in `bytes` as 16-bit values, without going through float. Whole samples.
void append_pcm16(media::Codec codec, std::span<const std::byte> bytes,
                  std::vector<std::int16_t>& samples);

/// Cuts a stream of bytes into whole samples: a sample may be split between two chunks. Holds at
/// most one byte. Threads: one owner.
///
///   frame.samples = pool.take_floats(assembler.samples_with(chunk.size()));
///   assembler.decode(chunk, frame.samples.writable_floats());
class SampleAssembler {
 public:
  explicit SampleAssembler(media::Codec codec) : codec_(codec) {}

  /// Whole samples that there are once `bytes` more have come.
  [[nodiscard]] std::size_t samples_with(std::size_t bytes) const noexcept {
    return sample_count(codec_, held_ + bytes);
  }
  /// REQUIRES: samples.size() == samples_with(chunk.size()).
  void decode(std::span<const std::byte> chunk, std::span<float> samples) noexcept;

  [[nodiscard]] std::size_t held() const noexcept { return held_; }  // bytes: 0 or 1
  void clear() noexcept { held_ = 0; }

 private:
  media::Codec codec_;
  std::size_t held_ = 0;
  std::byte first_{};  // of the sample that is not complete
};

}  // namespace parley::codec
