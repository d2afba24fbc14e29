// SPDX-License-Identifier: Apache-2.0
#include "codec/audio_codec.h"

#include <cstring>

#include "base/check.h"
#include "codec/g711.h"
#include "codec/pcm16.h"

namespace parley::codec {
namespace {

using media::Codec;

template <typename Decode>
void decode_bytes(std::span<const std::byte> bytes, std::span<float> samples,
                  Decode decode_one) noexcept {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    samples[i] = pcm16_to_float(decode_one(std::to_integer<std::uint8_t>(bytes[i])));
  }
}

template <typename Encode>
void encode_bytes(std::span<const float> samples, std::span<std::byte> bytes,
                  Encode encode_one) noexcept {
  for (std::size_t i = 0; i < samples.size(); ++i) {
    bytes[i] = std::byte{encode_one(float_to_pcm16(samples[i]))};
  }
}

}  // namespace

void decode(Codec codec, std::span<const std::byte> bytes, std::span<float> samples) noexcept {
  PARLEY_CHECK(bytes.size() == samples.size() * bytes_per_sample(codec));
  switch (codec) {
    case Codec::pcm16:
      return pcm16_to_float(bytes, samples);
    case Codec::pcmu:
      return decode_bytes(bytes, samples, mulaw_decode);
    case Codec::pcma:
      return decode_bytes(bytes, samples, alaw_decode);
  }
}

void encode(Codec codec, std::span<const float> samples, std::span<std::byte> bytes) noexcept {
  PARLEY_CHECK(bytes.size() == samples.size() * bytes_per_sample(codec));
  switch (codec) {
    case Codec::pcm16:
      return float_to_pcm16(samples, bytes);
    case Codec::pcmu:
      return encode_bytes(samples, bytes, mulaw_encode);
    case Codec::pcma:
      return encode_bytes(samples, bytes, alaw_encode);
  }
}

void append_pcm16(Codec codec, std::span<const std::byte> bytes,
                  std::vector<std::int16_t>& samples) {
  PARLEY_CHECK(bytes.size() % bytes_per_sample(codec) == 0);
  const std::size_t before = samples.size();
  samples.resize(before + sample_count(codec, bytes.size()));
  const std::span<std::int16_t> added = std::span(samples).subspan(before);
  if (codec == Codec::pcm16) {
    if (!bytes.empty()) std::memcpy(added.data(), bytes.data(), bytes.size());
    return;
  }
  for (std::size_t i = 0; i < added.size(); ++i) {
    const auto code = std::to_integer<std::uint8_t>(bytes[i]);
    added[i] = codec == Codec::pcmu ? mulaw_decode(code) : alaw_decode(code);
  }
}

void SampleAssembler::decode(std::span<const std::byte> chunk, std::span<float> samples) noexcept {
  PARLEY_CHECK(samples.size() == samples_with(chunk.size()));
  if (held_ == 1 && !chunk.empty()) {
    const std::array<std::byte, 2> split{first_, chunk.front()};
    codec::decode(codec_, split, samples.first(1));
    chunk = chunk.subspan(1);
    samples = samples.subspan(1);
    held_ = 0;
  }
  const std::size_t whole = samples.size() * bytes_per_sample(codec_);
  codec::decode(codec_, chunk.first(whole), samples);
  if (whole == chunk.size()) return;
  first_ = chunk.back();
  held_ = 1;
}

}  // namespace parley::codec
