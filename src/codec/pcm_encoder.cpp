// SPDX-License-Identifier: Apache-2.0
#include "codec/pcm_encoder.h"

#include <bit>
#include <cstring>
#include <utility>

#include "codec/g711.h"
#include "codec/wav_writer.h"

namespace parley::codec {
namespace {

static_assert(std::endian::native == std::endian::little, "samples are copied as they are");

class PcmEncoder final : public AudioEncoder {
 public:
  PcmEncoder(AudioFileFormat format, int rate) : format_(format) {
    if (format_ != AudioFileFormat::wav) return;
    const auto header = wav_stream_header(rate);
    header_.assign(reinterpret_cast<const char*>(header.data()), header.size());
  }

 private:
  Status encode_pcm(std::span<const std::int16_t> pcm, std::string& out) override {
    put_header(out);
    if (format_ == AudioFileFormat::pcmu || format_ == AudioFileFormat::pcma) {
      const auto code = format_ == AudioFileFormat::pcmu ? mulaw_encode : alaw_encode;
      for (const std::int16_t sample : pcm) out += static_cast<char>(code(sample));
    } else {
      out.append(reinterpret_cast<const char*>(pcm.data()), pcm.size_bytes());
    }
    return {};
  }

  Status finish_pcm(std::string& out) override {
    put_header(out);
    return {};
  }

  void put_header(std::string& out) {
    out += header_;
    header_.clear();
  }

  const AudioFileFormat format_;
  std::string header_;  // until it has gone out
};

}  // namespace

Result<std::unique_ptr<AudioEncoder>> make_pcm_encoder(AudioFileFormat format, int rate) {
  return std::unique_ptr<AudioEncoder>(std::make_unique<PcmEncoder>(format, rate));
}

}  // namespace parley::codec
