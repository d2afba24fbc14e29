// SPDX-License-Identifier: Apache-2.0
#include "codec/pcm16.h"

#include <cstring>

#include "base/check.h"

namespace parley::codec {
namespace {

static_assert(std::endian::native == std::endian::little, "wire samples are read in place");

}  // namespace

void pcm16_to_float(std::span<const std::byte> bytes, std::span<float> samples) noexcept {
  PARLEY_CHECK(bytes.size() == samples.size() * sizeof(std::int16_t));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::int16_t sample = 0;  // by memcpy: wire bytes may lie at an odd address
    std::memcpy(&sample, bytes.data() + i * sizeof(sample), sizeof(sample));
    samples[i] = pcm16_to_float(sample);
  }
}

void pcm16_to_float(std::span<const std::int16_t> pcm, std::span<float> samples) noexcept {
  pcm16_to_float(std::as_bytes(pcm), samples);
}

void float_to_pcm16(std::span<const float> samples, std::span<std::byte> bytes) noexcept {
  PARLEY_CHECK(bytes.size() == samples.size() * sizeof(std::int16_t));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::int16_t sample = float_to_pcm16(samples[i]);
    std::memcpy(bytes.data() + i * sizeof(sample), &sample, sizeof(sample));
  }
}

void float_to_pcm16(std::span<const float> samples, std::span<std::int16_t> pcm) noexcept {
  float_to_pcm16(samples, std::as_writable_bytes(pcm));
}

}  // namespace parley::codec
