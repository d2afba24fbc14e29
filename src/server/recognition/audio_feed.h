// SPDX-License-Identifier: Apache-2.0
//
// The way of a client's audio into a recognition stream, whatever it came by: it is counted against
// the key's limits, made what a stream takes, and held back while the stream has no room.
//
// Threads: one owner (the connection's loop).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "codec/opus_packets.h"
#include "media/buffer_pool.h"
#include "server/key_limits.h"
#include "service/recognition/recognition_service.h"
#include "transport/connection.h"

namespace parley::server {

/// Of the audio that comes. Floats are made s16 at the edge: recognition loses nothing by it. Opus
/// comes packet by packet, an empty one in place of one that was lost.
enum class SampleKind : std::uint8_t { s16, f32, pcmu, pcma, opus };

class AudioFeed {
 public:
  /// `service` outlives it; `account` is shared with the key's other uses.
  AudioFeed(service::RecognitionService& service, std::shared_ptr<KeyAccount> account)
      : service_(service), account_(std::move(account)) {}

  /// `request.codec` follows `kind`; so does `request.rate` of packets, which are heard alike at
  /// any. Errors: as RecognitionService::open, and the codec's.
  Status open(service::RecognitionRequest request, SampleKind kind,
              std::shared_ptr<service::RecognitionSink> sink);
  [[nodiscard]] bool is_open() const noexcept { return stream_ != nullptr; }
  /// REQUIRES: is_open().
  [[nodiscard]] service::RecognitionStream& stream() { return *stream_; }

  struct Taken {
    transport::Flow flow = transport::Flow::more;
    std::string trouble = {};  // a packet that is none; the stream goes on, and its time, too
    std::optional<KeyAccount::Refusal> refused = {};  // nothing was taken
  };
  /// Samples may be cut between two calls, packets may not. REQUIRES: is_open().
  [[nodiscard]] Taken append(std::span<const std::byte> bytes);
  /// There is room: what was held back goes in. `wait`: not all of it.
  [[nodiscard]] transport::Flow resume();
  /// No more audio is taken; the stream is cancelled.
  void close();

 private:
  [[nodiscard]] Taken append_packet(codec::OpusPacketDecoder& opus,
                                    std::span<const std::byte> packet);
  [[nodiscard]] std::optional<KeyAccount::Refusal> pay(std::size_t bytes);
  /// As the stream takes them. Empty: less than a sample.
  [[nodiscard]] media::BufferRef taken(std::span<const std::byte> bytes);
  transport::Flow give(media::BufferRef bytes);

  service::RecognitionService& service_;
  const std::shared_ptr<KeyAccount> account_;
  SampleKind kind_ = SampleKind::s16;
  int rate_ = 0;
  std::optional<codec::OpusPacketDecoder> opus_;
  std::unique_ptr<service::RecognitionStream> stream_;
  std::optional<media::BufferRef> held_;  // there was no room for it
  std::string remainder_;                 // of a float that was cut
  std::int64_t unpaid_bytes_ = 0;         // of audio, less than a millisecond
};

}  // namespace parley::server
