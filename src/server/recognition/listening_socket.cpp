// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/listening_socket.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "base/trace.h"
#include "codec/audio_codec.h"
#include "server/speech/speech_framing.h"

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
      break;
  }
  return media::Codec::pcm16;
}

std::size_t sample_bytes(SampleKind kind) noexcept {
  return kind == SampleKind::f32 ? sizeof(float) : codec::bytes_per_sample(codec_of(kind));
}

/// Tells a stream's sink everything, and the end of the stream to whoever waits for the socket to
/// have nothing to do. Threads: as the sink.
class WatchedSink final : public service::RecognitionSink {
 public:
  WatchedSink(std::shared_ptr<service::RecognitionSink> sink,
              std::unique_ptr<IdleSockets::Work> work)
      : sink_(std::move(sink)), work_(std::move(work)) {}

  void on_speech_started(std::uint64_t utterance, media::MediaTime begin) override {
    sink_->on_speech_started(utterance, begin);
  }
  void on_partial(const service::RecognizedText& partial) override { sink_->on_partial(partial); }
  void on_final(const service::RecognizedText& final) override { sink_->on_final(final); }
  void on_trouble(const Error& error) override { sink_->on_trouble(error); }
  void on_flushed(std::uint64_t id, const service::RecognitionTotals& totals) override {
    sink_->on_flushed(id, totals);
  }
  void on_room() override { sink_->on_room(); }
  void on_end(const Status& status, const service::RecognitionTotals& totals) override {
    sink_->on_end(status, totals);
    work_.reset();  // after the answer: a socket that is closed sends nothing more
  }

 private:
  const std::shared_ptr<service::RecognitionSink> sink_;  // shared with the socket
  std::unique_ptr<IdleSockets::Work> work_;
};

}  // namespace

ListeningSocket::ListeningSocket(service::RecognitionService& service, SessionGate& gate,
                                 SocketAdmission admission)
    : pass_(gate), service_(service), gate_(gate), admission_(std::move(admission)) {}

bool ListeningSocket::listen(service::RecognitionRequest request, SampleKind kind,
                             std::shared_ptr<service::RecognitionSink> sink) {
  kind_ = kind;
  rate_ = request.rate;
  request.codec = codec_of(kind);
  request.client = admission_.owner;
  auto opened =
      service_.open(std::move(request), std::make_shared<WatchedSink>(std::move(sink), work()));
  if (opened) {
    stream_ = std::move(*opened);
    return true;
  }
  const Error& error = opened.error();
  const bool is_temporary =
      error.code == ErrorCode::resource_exhausted || error.code == ErrorCode::unavailable;
  refuse(is_temporary ? 503 : http_status_of(error.code), error.message,
         is_temporary ? service_.retry_seconds() : 0);
  return false;
}

Flow ListeningSocket::append(std::span<const std::byte> bytes) {
  if (bytes.empty() || !may_take(bytes.size())) return Flow::more;
  PARLEY_HOP();
  media::BufferRef samples = taken(bytes);
  return samples.empty() ? Flow::more : give(std::move(samples));
}

Flow ListeningSocket::on_resume() {
  std::optional<media::BufferRef> again = std::exchange(held_, std::nullopt);
  if (again && stream_ != nullptr && give(std::move(*again)) == Flow::wait) return Flow::wait;
  return go_on();
}

void ListeningSocket::on_close(std::uint16_t /*code*/, std::string_view /*reason*/) {
  stream_.reset();
}

/// In pieces: a message may be longer than what a stream ever has room for.
Flow ListeningSocket::give(media::BufferRef bytes) {
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
bool ListeningSocket::may_take(std::size_t bytes) {
  const std::int64_t per_second = static_cast<std::int64_t>(sample_bytes(kind_)) * rate_;
  unpaid_bytes_ += static_cast<std::int64_t>(bytes);
  const std::int64_t ms = unpaid_bytes_ * kMillisPerSecond / per_second;
  unpaid_bytes_ -= ms * per_second / kMillisPerSecond;
  const auto refused = admission_.account->take_audio(Millis(ms));
  if (refused) refuse(429, refused->message, refused->retry_seconds);
  return !refused;
}

/// As the stream takes them.
media::BufferRef ListeningSocket::taken(std::span<const std::byte> bytes) {
  media::BufferPool& buffers = service_.context().buffers;
  if (kind_ != SampleKind::f32) {
    media::BufferRef copy = buffers.take(bytes.size());
    std::ranges::copy(bytes, copy.writable().begin());
    return copy;
  }
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

void ListeningSocket::send(std::string text) {
  connection_->send_text(std::make_shared<const std::string>(std::move(text)));
}

}  // namespace parley::server
