// SPDX-License-Identifier: Apache-2.0
#include "codec/opus_packets.h"

#include <array>

#include <opus/opus.h>

#include "base/check.h"

namespace parley::codec {
namespace {

constexpr int kFrameMsMax = 120;
// RFC 6716 §3.2.1: 1275 bytes for each of the three frames of a packet of 60 ms, and its lengths.
constexpr std::size_t kPacketBytesMax = 4000;
constexpr int kBitrate = 24'000;
// 0: fastest, 10: best. A device's speaker hears no more.
constexpr int kComplexity = 5;

Error opus_error(int code, ErrorCode as) { return {as, opus_strerror(code)}; }

}  // namespace

void OpusPacketEncoder::Close::operator()(OpusEncoder* opus) const noexcept {
  opus_encoder_destroy(opus);
}

Result<OpusPacketEncoder> OpusPacketEncoder::make(int rate, int frame_ms) {
  if (frame_ms != 20 && frame_ms != 40 && frame_ms != 60) {
    return Error{ErrorCode::invalid_argument,
                 "Opus frames here are of 20, 40 or 60 ms, not of " + std::to_string(frame_ms)};
  }
  int failure = OPUS_OK;
  OpusEncoder* const opus = opus_encoder_create(rate, 1, OPUS_APPLICATION_VOIP, &failure);
  if (failure != OPUS_OK) return opus_error(failure, ErrorCode::invalid_argument);
  const int samples = rate / 1000 * frame_ms;
  OpusPacketEncoder encoder(opus, static_cast<std::size_t>(samples));
  for (const int result : {opus_encoder_ctl(opus, OPUS_SET_BITRATE(kBitrate)),
                           opus_encoder_ctl(opus, OPUS_SET_COMPLEXITY(kComplexity)),
                           opus_encoder_ctl(opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE))}) {
    if (result != OPUS_OK) return opus_error(result, ErrorCode::internal);
  }
  return encoder;
}

Result<std::string> OpusPacketEncoder::encode(std::span<const std::int16_t> samples) {
  PARLEY_CHECK(samples.size() == frame_samples_);
  std::array<unsigned char, kPacketBytesMax> packet{};
  const int bytes = opus_encode(opus_.get(), samples.data(), static_cast<int>(samples.size()),
                                packet.data(), static_cast<opus_int32>(packet.size()));
  if (bytes < 0) return opus_error(bytes, ErrorCode::internal);
  return std::string(reinterpret_cast<const char*>(packet.data()), static_cast<std::size_t>(bytes));
}

void OpusPacketDecoder::Close::operator()(OpusDecoder* opus) const noexcept {
  opus_decoder_destroy(opus);
}

Result<OpusPacketDecoder> OpusPacketDecoder::make(int rate) {
  int failure = OPUS_OK;
  OpusDecoder* const opus = opus_decoder_create(rate, 1, &failure);
  if (failure != OPUS_OK) return opus_error(failure, ErrorCode::invalid_argument);
  return OpusPacketDecoder(opus, static_cast<std::size_t>(rate / 1000 * kFrameMsMax));
}

Result<std::span<const std::int16_t>> OpusPacketDecoder::decode(std::span<const std::byte> packet) {
  // An empty one would mean a lost packet to the library.
  if (packet.empty()) return Error{ErrorCode::invalid_argument, "an empty Opus packet"};
  const int samples =
      opus_decode(opus_.get(), reinterpret_cast<const unsigned char*>(packet.data()),
                  static_cast<opus_int32>(packet.size()), samples_.data(),
                  static_cast<int>(samples_.size()), 0);
  if (samples < 0) return opus_error(samples, ErrorCode::invalid_argument);
  last_ = static_cast<std::size_t>(samples);
  return std::span<const std::int16_t>(samples_).first(last_);
}

Result<std::span<const std::int16_t>> OpusPacketDecoder::conceal() {
  if (last_ == 0) return std::span<const std::int16_t>();
  const int samples =
      opus_decode(opus_.get(), nullptr, 0, samples_.data(), static_cast<int>(last_), 0);
  if (samples < 0) return opus_error(samples, ErrorCode::internal);
  return std::span<const std::int16_t>(samples_).first(static_cast<std::size_t>(samples));
}

}  // namespace parley::codec
