// SPDX-License-Identifier: Apache-2.0
#include "codec/aac_encoder.h"

#include <algorithm>
#include <array>
#include <cstring>

extern "C" {
#include <vo-aacenc/cmnMemory.h>
#include <vo-aacenc/voAAC.h>
}

namespace parley::codec {
namespace {

constexpr std::size_t kFrameSamples = 1024;
// ISO/IEC 14496-3 §4.5.3.1: the most that a frame of one channel may be, in bits.
constexpr int kFrameBitsMax = 6144;
constexpr int kBitrateMin = 8'000;
constexpr int kSpeechBitrate = 64'000;
constexpr std::size_t kHeaderBytes = 7;
// What a decoder gives before the first sample: the first frame holds the first half of an overlap,
// and the encoder looks ahead for attacks.
constexpr int kPriming = 1600;

constexpr int bitrate_max(int rate) { return kFrameBitsMax / 1024 * rate; }

class AacEncoder final : public AudioEncoder {
 public:
  ~AacEncoder() override {
    if (aac_ != nullptr) api_.Uninit(aac_);
  }

  Status open(int rate, int bitrate) {
    memory_.Alloc = cmnMemAlloc;
    memory_.Copy = cmnMemCopy;
    memory_.Free = cmnMemFree;
    memory_.Set = cmnMemSet;
    memory_.Check = cmnMemCheck;
    VO_CODEC_INIT_USERDATA with{};
    with.memflag = VO_IMF_USERMEMOPERATOR;
    with.memData = &memory_;
    if (voGetAACEncAPI(&api_) != VO_ERR_NONE ||
        api_.Init(&aac_, VO_AUDIO_CodingAAC, &with) != VO_ERR_NONE) {
      return Error{ErrorCode::resource_exhausted, "no memory for vo-aacenc"};
    }
    AACENC_PARAM parameters{};
    parameters.sampleRate = rate;
    parameters.bitRate = bitrate;
    parameters.nChannels = 1;
    parameters.adtsUsed = 1;
    if (api_.SetParam(aac_, VO_PID_AAC_ENCPARAM, &parameters) != VO_ERR_NONE) {
      return Error{ErrorCode::internal, "vo-aacenc takes no audio of " + std::to_string(rate) +
                                            " Hz at " + std::to_string(bitrate) + " bit/s"};
    }
    return {};
  }

  [[nodiscard]] int priming_samples() const override { return kPriming; }

 private:
  Status encode_pcm(std::span<const std::int16_t> pcm, std::string& out) override {
    while (!pcm.empty()) {
      const std::size_t count = std::min(pcm.size(), kFrameSamples - filled_);
      std::copy_n(pcm.begin(), count, frame_.begin() + static_cast<std::ptrdiff_t>(filled_));
      filled_ += count;
      pcm = pcm.subspan(count);
      if (filled_ == kFrameSamples) PARLEY_TRY_STATUS(encode_frame(out));
    }
    return {};
  }

  Status finish_pcm(std::string& out) override {
    // So many samples of silence push the last one through.
    const std::array<std::int16_t, kFrameSamples> silence{};
    std::size_t missing = kPriming;
    while (missing > 0) {
      const std::size_t count = std::min(missing, silence.size());
      PARLEY_TRY_STATUS(encode_pcm(std::span(silence).first(count), out));
      missing -= count;
    }
    if (filled_ == 0) return {};
    return encode_pcm(std::span(silence).first(kFrameSamples - filled_), out);
  }

  Status encode_frame(std::string& out) {
    filled_ = 0;
    VO_CODECBUFFER in{};
    in.Buffer = reinterpret_cast<VO_PBYTE>(frame_.data());
    in.Length = static_cast<VO_U32>(sizeof frame_);
    const std::size_t before = out.size();
    out.resize(before + kFrameBitsMax / 8 + kHeaderBytes);
    VO_CODECBUFFER coded{};
    coded.Buffer = reinterpret_cast<VO_PBYTE>(out.data() + before);
    coded.Length = static_cast<VO_U32>(out.size() - before);
    VO_AUDIO_OUTPUTINFO about{};
    const bool is_coded = api_.SetInputData(aac_, &in) == VO_ERR_NONE &&
                          api_.GetOutputData(aac_, &coded, &about) == VO_ERR_NONE;
    out.resize(before + (is_coded ? coded.Length : 0));
    return is_coded ? Status() : Status(Error{ErrorCode::internal, "vo-aacenc failed"});
  }

  VO_MEM_OPERATOR memory_{};  // the encoder keeps a pointer to it
  VO_AUDIO_CODECAPI api_{};
  VO_HANDLE aac_ = nullptr;
  std::array<std::int16_t, kFrameSamples> frame_{};
  std::size_t filled_ = 0;
};

}  // namespace

Result<std::unique_ptr<AudioEncoder>> make_aac_encoder(int rate, int bitrate) {
  if (bitrate == 0) bitrate = std::min(kSpeechBitrate, bitrate_max(rate));
  if (bitrate < kBitrateMin || bitrate > bitrate_max(rate)) {
    return Error{ErrorCode::invalid_argument,
                 "aac of " + std::to_string(rate) + " Hz has no bit rate of " +
                     std::to_string(bitrate) + "; it has " + std::to_string(kBitrateMin) + " to " +
                     std::to_string(bitrate_max(rate))};
  }
  auto encoder = std::make_unique<AacEncoder>();
  PARLEY_TRY_STATUS(encoder->open(rate, bitrate));
  return std::unique_ptr<AudioEncoder>(std::move(encoder));
}

}  // namespace parley::codec
