// SPDX-License-Identifier: Apache-2.0
#include "codec/mp3_encoder.h"

#include <cstdarg>

#include <lame/lame.h>

namespace parley::codec {
namespace {

// MPEG-2 and 2.5 have up to 24 kHz and half the samples in a frame.
constexpr int kLowRateMax = 24'000;
constexpr int kSpeechBitrate = 64'000;
constexpr int kSpeechBitrateAbove = 96'000;  // above kLowRateMax
// 0: best, 9: fastest. Of 5 nothing is heard in speech, and 2 takes twice the time.
constexpr int kQuality = 5;
// What a decoder adds to the encoder's delay: a polyphase filter bank and an overlap (ISO 11172-3).
constexpr int kDecoderDelay = 529;

/// lame.h: the most that so many samples, and what is kept back, can come to.
constexpr std::size_t bytes_max(std::size_t samples) { return samples * 5 / 4 + 7200; }

struct Close {
  void operator()(lame_global_flags* lame) const noexcept { lame_close(lame); }
};
using Lame = std::unique_ptr<lame_global_flags, Close>;

void say_nothing(const char* /*format*/, std::va_list /*values*/) {}

class Mp3Encoder final : public AudioEncoder {
 public:
  explicit Mp3Encoder(Lame lame) : lame_(std::move(lame)) {}
  [[nodiscard]] int priming_samples() const override {
    return lame_get_encoder_delay(lame_.get()) + kDecoderDelay;
  }

 private:
  Status encode_pcm(std::span<const std::int16_t> pcm, std::string& out) override {
    return append(out, bytes_max(pcm.size()), [&](unsigned char* into, int room) {
      return lame_encode_buffer(lame_.get(), pcm.data(), nullptr, static_cast<int>(pcm.size()),
                                into, room);
    });
  }

  Status finish_pcm(std::string& out) override {
    return append(out, bytes_max(0), [&](unsigned char* into, int room) {
      return lame_encode_flush(lame_.get(), into, room);
    });
  }

  template <typename Encode>
  Status append(std::string& out, std::size_t room, Encode encode) {
    const std::size_t before = out.size();
    out.resize(before + room);
    const int bytes =
        encode(reinterpret_cast<unsigned char*>(out.data() + before), static_cast<int>(room));
    out.resize(before + static_cast<std::size_t>(bytes < 0 ? 0 : bytes));
    if (bytes >= 0) return {};
    return Error{ErrorCode::internal, "LAME failed with " + std::to_string(bytes)};
  }

  Lame lame_;
};

/// `scale`: what LAME multiplies samples by, times what it thinks that the bit rate needs.
Result<Lame> open(int rate, int bitrate, float scale) {
  Lame lame(lame_init());
  if (lame == nullptr) return Error{ErrorCode::resource_exhausted, "no memory for LAME"};
  lame_set_errorf(lame.get(), say_nothing);
  lame_set_msgf(lame.get(), say_nothing);
  lame_set_debugf(lame.get(), say_nothing);
  lame_set_num_channels(lame.get(), 1);
  lame_set_mode(lame.get(), MONO);
  lame_set_in_samplerate(lame.get(), rate);
  lame_set_out_samplerate(lame.get(), rate);
  lame_set_brate(lame.get(), bitrate / 1000);
  lame_set_quality(lame.get(), kQuality);
  lame_set_scale(lame.get(), scale);
  // A frame that lends bits to the next cannot be played before it.
  lame_set_disable_reservoir(lame.get(), 1);
  // No frame that tells the length of what is not there yet, and no tags between joined files.
  lame_set_bWriteVbrTag(lame.get(), 0);
  lame_set_write_id3tag_automatic(lame.get(), 0);
  if (lame_init_params(lame.get()) == 0) return lame;
  return Error{ErrorCode::internal, "LAME takes no audio of " + std::to_string(rate) + " Hz"};
}

}  // namespace

Result<std::unique_ptr<AudioEncoder>> make_mp3_encoder(int rate, int bitrate) {
  if (bitrate == 0) bitrate = rate > kLowRateMax ? kSpeechBitrateAbove : kSpeechBitrate;
  PARLEY_TRY(Lame lame, open(rate, bitrate, 1.0F));
  // It takes the nearest bit rate that the standard has at this rate.
  if (const int has = lame_get_brate(lame.get()) * 1000; has != bitrate) {
    return Error{ErrorCode::invalid_argument,
                 "mp3 of " + std::to_string(rate) + " Hz has no bit rate of " +
                     std::to_string(bitrate) + "; the nearest is " + std::to_string(has)};
  }
  // It makes everything quieter, by 5 % at most rates; all formats shall be equally loud.
  if (const float scale = lame_get_scale(lame.get()); scale != 1.0F) {
    PARLEY_TRY(lame, open(rate, bitrate, 1.0F / scale));
  }
  return std::unique_ptr<AudioEncoder>(std::make_unique<Mp3Encoder>(std::move(lame)));
}

}  // namespace parley::codec
