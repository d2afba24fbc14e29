// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/audio_feed.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "codec/audio_codec.h"
#include "model/asr_model.h"

namespace parley::server {

using transport::Flow;

namespace {

constexpr std::int64_t kMillisPerSecond = 1000;
/// Of one append.
constexpr std::size_t kPieceBytesMax = service::RecognitionStream::kAudioWaitingBytesMax / 4;

media::Codec codec_of(SampleKind kind) noexcept {
  switch (kind) {
    case SampleKind::pcmu:
      return media::Codec::pcmu;
    case SampleKind::pcma:
      return media::Codec::pcma;
    case SampleKind::s16:
    case SampleKind::f32:
    case SampleKind::opus:
      break;
  }
  return media::Codec::pcm16;
}

std::size_t sample_bytes(SampleKind kind) noexcept {
  return kind == SampleKind::f32 ? sizeof(float) : codec::bytes_per_sample(codec_of(kind));
}

}  // namespace

Status AudioFeed::open(service::RecognitionRequest request, SampleKind kind,
                       std::shared_ptr<service::RecognitionSink> sink) {
  kind_ = kind;
  remainder_.clear();
  opus_.reset();
  if (kind == SampleKind::opus) {
    request.rate = model::kAsrRate;
    PARLEY_TRY(opus_, codec::OpusPacketDecoder::make(request.rate));
  }
  rate_ = request.rate;
  request.codec = codec_of(kind);
  PARLEY_TRY(stream_, service_.open(std::move(request), std::move(sink)));
  return {};
}

AudioFeed::Taken AudioFeed::append(std::span<const std::byte> bytes) {
  if (opus_) return append_packet(*opus_, bytes);
  if (bytes.empty()) return {};
  if (auto refused = pay(bytes.size())) return {.refused = std::move(refused)};
  media::BufferRef samples = taken(bytes);
  return {.flow = samples.empty() ? Flow::more : give(std::move(samples))};
}

/// The clock of the stream is its samples: what cannot be decoded takes its time all the same.
AudioFeed::Taken AudioFeed::append_packet(codec::OpusPacketDecoder& opus,
                                          std::span<const std::byte> packet) {
  Taken result;
  auto samples = packet.empty() ? opus.conceal() : opus.decode(packet);
  if (!samples) {
    result.trouble = "This is no Opus packet: " + samples.error().message + ".";
    samples = opus.conceal();
  }
  if (!samples || samples->empty()) return result;
  const std::span<const std::byte> bytes = std::as_bytes(*samples);
  result.refused = pay(bytes.size());
  if (!result.refused) result.flow = give(taken(bytes));
  return result;
}

Flow AudioFeed::resume() {
  std::optional<media::BufferRef> again = std::exchange(held_, std::nullopt);
  return again && stream_ != nullptr ? give(std::move(*again)) : Flow::more;
}

void AudioFeed::close() {
  stream_.reset();
  held_.reset();
}

/// In pieces: a message may be longer than what a stream ever has room for.
Flow AudioFeed::give(media::BufferRef bytes) {
  while (!bytes.empty()) {
    const std::size_t piece = std::min(bytes.size(), kPieceBytesMax);
    if (stream_->append(bytes.slice(0, piece)) == service::AppendResult::full) {
      held_ = std::move(bytes);
      return Flow::wait;
    }
    bytes = bytes.slice(piece, bytes.size() - piece);
  }
  return Flow::more;
}

/// Of the audio that a key may send.
std::optional<KeyAccount::Refusal> AudioFeed::pay(std::size_t bytes) {
  const std::int64_t per_second = static_cast<std::int64_t>(sample_bytes(kind_)) * rate_;
  unpaid_bytes_ += static_cast<std::int64_t>(bytes);
  const std::int64_t ms = unpaid_bytes_ * kMillisPerSecond / per_second;
  unpaid_bytes_ -= ms * per_second / kMillisPerSecond;
  return account_->take_audio(Millis(ms));
}

media::BufferRef AudioFeed::taken(std::span<const std::byte> bytes) {
  media::BufferPool& buffers = service_.context().buffers;
  if (kind_ != SampleKind::f32) return buffers.copy_of(bytes);
  remainder_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<float> samples(remainder_.size() / sizeof(float));
  if (samples.empty()) return {};
  std::memcpy(samples.data(), remainder_.data(), samples.size() * sizeof(float));
  remainder_.erase(0, samples.size() * sizeof(float));
  for (float& sample : samples) {
    if (!std::isfinite(sample)) sample = 0.0F;
  }
  media::BufferRef made = buffers.take(samples.size() * sizeof(std::int16_t));
  codec::encode(media::Codec::pcm16, samples, made.writable());
  return made;
}

}  // namespace parley::server
