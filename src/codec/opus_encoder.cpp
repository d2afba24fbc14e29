// SPDX-License-Identifier: Apache-2.0
#include "codec/opus_encoder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <opus/opus.h>

#include "codec/ogg_pages.h"

namespace parley::codec {
namespace {

constexpr int kFramesPerSecond = 50;
constexpr int kClock = 48'000;  // RFC 7845 §4: positions count samples at this rate
constexpr int kFrameTicks = kClock / kFramesPerSecond;
constexpr int kPagePacketsMax = 10;  // 200 ms
// RFC 6716 §3.2.1: a packet of one frame.
constexpr std::size_t kPacketBytesMax = 1276;
constexpr int kSpeechBitrate = 32'000;
constexpr int kBitrateMin = 6'000;
constexpr int kBitrateMax = 256'000;
// 0: fastest, 10: best.
constexpr int kComplexity = 5;
constexpr std::uint32_t kSerial = 1;  // the only stream of its file

struct Close {
  void operator()(OpusEncoder* opus) const noexcept { opus_encoder_destroy(opus); }
};
using Opus = std::unique_ptr<OpusEncoder, Close>;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

class OggOpusEncoder final : public AudioEncoder {
 public:
  OggOpusEncoder(Opus opus, int rate, int lookahead)
      : opus_(std::move(opus)),
        ticks_per_sample_(kClock / rate),
        pre_skip_(lookahead * ticks_per_sample_),
        frame_(static_cast<std::size_t>(rate / kFramesPerSecond)),
        pages_(kSerial) {
    put_headers(rate);
  }

 private:
  /// RFC 7845 §5: each of the two has a page of its own.
  void put_headers(int rate) {
    std::string head("OpusHead");
    const auto put = [&head](int value, int bytes) {
      for (int i = 0; i < bytes; ++i) head += static_cast<char>(value >> (8 * i));
    };
    put(1, 1);  // version
    put(1, 1);  // channels
    put(pre_skip_, 2);
    put(rate, 4);
    put(0, 2);  // gain
    put(0, 1);  // mapping family
    pages_.add(bytes_of(head));
    pages_.end_page(0, false, headers_);
    using namespace std::string_view_literals;
    pages_.add(bytes_of("OpusTags\x06\0\0\0parley\0\0\0\0"sv));
    pages_.end_page(0, false, headers_);
  }

  Status encode_pcm(std::span<const std::int16_t> pcm, std::string& out) override {
    begin(out);
    ticks_in_ += static_cast<std::int64_t>(pcm.size()) * ticks_per_sample_;
    return add(pcm, out);
  }

  Status add(std::span<const std::int16_t> pcm, std::string& out) {
    while (!pcm.empty()) {
      const std::size_t count = std::min(pcm.size(), frame_.size() - filled_);
      std::copy_n(pcm.begin(), count, frame_.begin() + static_cast<std::ptrdiff_t>(filled_));
      filled_ += count;
      pcm = pcm.subspan(count);
      if (filled_ < frame_.size()) break;
      PARLEY_TRY_STATUS(encode_frame());
      if (page_packets_ == kPagePacketsMax) end_page(ticks_out_, false, out);
    }
    return {};
  }

  Status encode_frame() {
    filled_ = 0;
    std::array<std::uint8_t, kPacketBytesMax> packet{};
    const int bytes = opus_encode(opus_.get(), frame_.data(), static_cast<int>(frame_.size()),
                                  packet.data(), static_cast<opus_int32>(packet.size()));
    if (bytes < 0) return Error{ErrorCode::internal, opus_strerror(bytes)};
    pages_.add(std::span(packet).first(static_cast<std::size_t>(bytes)));
    ++page_packets_;
    ticks_out_ += kFrameTicks;
    return {};
  }

  void end_page(std::int64_t position, bool is_last, std::string& out) {
    pages_.end_page(position, is_last, out);
    page_packets_ = 0;
  }

  Status end_piece(std::string& out) override {
    if (!pages_.is_empty()) end_page(ticks_out_, false, out);
    return {};
  }

  /// RFC 7845 §4.4: the position of the last page says where the sound ends within its last packet.
  Status finish_pcm(std::string& out) override {
    begin(out);
    const std::int64_t end = pre_skip_ + ticks_in_;
    while (ticks_out_ < end) {
      std::fill(frame_.begin() + static_cast<std::ptrdiff_t>(filled_), frame_.end(),
                std::int16_t{0});
      PARLEY_TRY_STATUS(encode_frame());
    }
    end_page(end, true, out);
    return {};
  }

  void begin(std::string& out) {
    out += headers_;
    headers_.clear();
  }

  Opus opus_;
  const int ticks_per_sample_;
  const int pre_skip_;               // ticks that a decoder leaves away
  std::vector<std::int16_t> frame_;  // of `filled_` samples
  std::size_t filled_ = 0;
  OggPages pages_;
  int page_packets_ = 0;
  std::int64_t ticks_in_ = 0;
  std::int64_t ticks_out_ = 0;  // of whole packets
  std::string headers_;         // until they have gone out
};

}  // namespace

Result<std::unique_ptr<AudioEncoder>> make_opus_encoder(int rate, int bitrate) {
  if (bitrate == 0) bitrate = kSpeechBitrate;
  if (bitrate < kBitrateMin || bitrate > kBitrateMax) {
    return Error{ErrorCode::invalid_argument, "opus has no bit rate of " + std::to_string(bitrate) +
                                                  "; it has " + std::to_string(kBitrateMin) +
                                                  " to " + std::to_string(kBitrateMax)};
  }
  int failure = OPUS_OK;
  Opus opus(opus_encoder_create(rate, 1, OPUS_APPLICATION_AUDIO, &failure));
  if (failure != OPUS_OK) return Error{ErrorCode::internal, opus_strerror(failure)};
  opus_int32 lookahead = 0;
  for (const int result : {opus_encoder_ctl(opus.get(), OPUS_SET_BITRATE(bitrate)),
                           opus_encoder_ctl(opus.get(), OPUS_SET_COMPLEXITY(kComplexity)),
                           opus_encoder_ctl(opus.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)),
                           opus_encoder_ctl(opus.get(), OPUS_GET_LOOKAHEAD(&lookahead))}) {
    if (result != OPUS_OK) return Error{ErrorCode::internal, opus_strerror(result)};
  }
  return std::unique_ptr<AudioEncoder>(
      std::make_unique<OggOpusEncoder>(std::move(opus), rate, lookahead));
}

}  // namespace parley::codec
