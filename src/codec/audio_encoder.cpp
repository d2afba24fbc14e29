// SPDX-License-Identifier: Apache-2.0
#include "codec/audio_encoder.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "codec/aac_encoder.h"
#include "codec/flac_encoder.h"
#include "codec/mp3_encoder.h"
#include "codec/opus_encoder.h"
#include "codec/pcm16.h"
#include "codec/pcm_encoder.h"

namespace parley::codec {
namespace {

constexpr std::size_t kBlockSamples = 1024;

// ISO/IEC 11172-3, 13818-3 and 14496-3 have these rates; others are between them.
constexpr std::array kMpegRates{8'000,  11'025, 12'000, 16'000, 22'050,
                                24'000, 32'000, 44'100, 48'000};
constexpr std::array kOpusRates{8'000, 12'000, 16'000, 24'000, 48'000};
// The rest has any rate; what nobody speaks at is a mistake.
constexpr std::array kAnyRate{8'000, 48'000};

std::span<const int> rates_of(AudioFileFormat format) {
  switch (format) {
    case AudioFileFormat::mp3:
    case AudioFileFormat::aac:
      return kMpegRates;
    case AudioFileFormat::opus:
      return kOpusRates;
    default:
      return kAnyRate;
  }
}

bool has_any_rate(AudioFileFormat format) { return rates_of(format).size() == kAnyRate.size(); }

Status check_rate(AudioFileFormat format, int rate) {
  if (encodable_rate(format, rate) == rate) return {};
  std::string has;
  for (const int one : rates_of(format)) {
    if (!has.empty()) has += has_any_rate(format) ? " to " : ", ";
    has += std::to_string(one);
  }
  return Error{ErrorCode::invalid_argument, std::string(format_name(format)) + " has no rate of " +
                                                std::to_string(rate) + " Hz; it has " + has};
}

}  // namespace

Result<std::unique_ptr<AudioEncoder>> AudioEncoder::make(const AudioEncoding& encoding) {
  PARLEY_TRY_STATUS(check_rate(encoding.format, encoding.rate));
  switch (encoding.format) {
    case AudioFileFormat::mp3:
      return make_mp3_encoder(encoding.rate, encoding.bitrate);
    case AudioFileFormat::opus:
      return make_opus_encoder(encoding.rate, encoding.bitrate);
    case AudioFileFormat::aac:
      return make_aac_encoder(encoding.rate, encoding.bitrate);
    case AudioFileFormat::flac:
      return make_flac_encoder(encoding.rate);
    default:
      return make_pcm_encoder(encoding.format, encoding.rate);
  }
}

Status AudioEncoder::encode(std::span<const float> samples, std::string& out) {
  PARLEY_CHECK(!is_finished_);
  std::array<std::int16_t, kBlockSamples> block{};
  while (!samples.empty()) {
    const std::span<std::int16_t> pcm =
        std::span(block).first(std::min(samples.size(), block.size()));
    float_to_pcm16(samples.first(pcm.size()), pcm);
    PARLEY_TRY_STATUS(encode_pcm(pcm, out));
    samples = samples.subspan(pcm.size());
  }
  return end_piece(out);
}

Status AudioEncoder::finish(std::string& out) {
  PARLEY_CHECK(!is_finished_);
  is_finished_ = true;
  return finish_pcm(out);
}

int encodable_rate(AudioFileFormat format, int rate) noexcept {
  const std::span<const int> rates = rates_of(format);
  if (has_any_rate(format)) return std::clamp(rate, rates.front(), rates.back());
  const auto found = std::ranges::lower_bound(rates, rate);
  return found == rates.end() ? rates.back() : *found;
}

std::string_view content_type(AudioFileFormat format) noexcept {
  switch (format) {
    case AudioFileFormat::pcm:
      return "audio/pcm";
    case AudioFileFormat::wav:
      return "audio/wav";
    case AudioFileFormat::mp3:
      return "audio/mpeg";
    case AudioFileFormat::opus:
      return "audio/ogg; codecs=opus";
    case AudioFileFormat::aac:
      return "audio/aac";
    case AudioFileFormat::flac:
      return "audio/flac";
    case AudioFileFormat::pcmu:
      return "audio/PCMU";
    case AudioFileFormat::pcma:
      return "audio/PCMA";
  }
  return {};
}

std::string_view format_name(AudioFileFormat format) noexcept {
  constexpr std::array<std::string_view, 8> kNames{"pcm", "wav",  "mp3",  "opus",
                                                   "aac", "flac", "pcmu", "pcma"};
  return kNames[static_cast<std::size_t>(format)];
}

}  // namespace parley::codec
