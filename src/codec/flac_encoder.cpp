// SPDX-License-Identifier: Apache-2.0
#include "codec/flac_encoder.h"

#include <algorithm>
#include <array>

#include <FLAC/stream_encoder.h>

namespace parley::codec {
namespace {

constexpr unsigned kLevel = 5;             // what the program `flac` takes
constexpr unsigned kBlocksPerSecond = 20;  // a block goes out when it is whole: 50 ms
constexpr std::size_t kSamplesAtOnce = 1024;

struct Close {
  void operator()(FLAC__StreamEncoder* flac) const noexcept { FLAC__stream_encoder_delete(flac); }
};

class FlacEncoder final : public AudioEncoder {
 public:
  FlacEncoder() : flac_(FLAC__stream_encoder_new()) {}
  ~FlacEncoder() override {
    // Deleting it ends the file: its last bytes are nobody's.
    out_ = &header_;
    flac_.reset();
  }

  Status open(int rate) {
    FLAC__StreamEncoder* const flac = flac_.get();
    if (flac == nullptr) return Error{ErrorCode::resource_exhausted, "no memory for libFLAC"};
    FLAC__stream_encoder_set_channels(flac, 1);
    FLAC__stream_encoder_set_bits_per_sample(flac, 16);
    FLAC__stream_encoder_set_sample_rate(flac, static_cast<unsigned>(rate));
    FLAC__stream_encoder_set_compression_level(flac, kLevel);
    FLAC__stream_encoder_set_blocksize(flac, static_cast<unsigned>(rate) / kBlocksPerSecond);
    out_ = &header_;
    const auto opened =
        FLAC__stream_encoder_init_stream(flac, on_bytes, nullptr, nullptr, nullptr, this);
    if (opened == FLAC__STREAM_ENCODER_INIT_STATUS_OK) return {};
    return Error{ErrorCode::internal, FLAC__StreamEncoderInitStatusString[opened]};
  }

 private:
  Status encode_pcm(std::span<const std::int16_t> pcm, std::string& out) override {
    begin(out);
    std::array<FLAC__int32, kSamplesAtOnce> wide{};
    while (!pcm.empty()) {
      const std::size_t count = std::min(pcm.size(), wide.size());
      std::copy_n(pcm.begin(), count, wide.begin());
      const std::array<const FLAC__int32*, 1> channels{wide.data()};
      if (FLAC__stream_encoder_process(flac_.get(), channels.data(),
                                       static_cast<unsigned>(count)) == 0) {
        return failure();
      }
      pcm = pcm.subspan(count);
    }
    return {};
  }

  Status finish_pcm(std::string& out) override {
    begin(out);
    return FLAC__stream_encoder_finish(flac_.get()) != 0 ? Status() : Status(failure());
  }

  void begin(std::string& out) {
    out += header_;
    header_.clear();
    out_ = &out;
  }

  [[nodiscard]] Error failure() const {
    return {ErrorCode::internal,
            FLAC__StreamEncoderStateString[FLAC__stream_encoder_get_state(flac_.get())]};
  }

  static FLAC__StreamEncoderWriteStatus on_bytes(const FLAC__StreamEncoder* /*flac*/,
                                                 const FLAC__byte bytes[], std::size_t count,
                                                 unsigned /*samples*/, unsigned /*frame*/,
                                                 void* self) {
    static_cast<FlacEncoder*>(self)->out_->append(reinterpret_cast<const char*>(bytes), count);
    return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
  }

  std::unique_ptr<FLAC__StreamEncoder, Close> flac_;
  std::string header_;  // until it has gone out
  std::string* out_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<AudioEncoder>> make_flac_encoder(int rate) {
  auto encoder = std::make_unique<FlacEncoder>();
  PARLEY_TRY_STATUS(encoder->open(rate));
  return std::unique_ptr<AudioEncoder>(std::move(encoder));
}

}  // namespace parley::codec
