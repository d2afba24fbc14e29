// SPDX-License-Identifier: Apache-2.0
//
// What a device hears, on its way out: samples become Opus packets, which leave neither too early
// (a device keeps 2.4 s and throws away the rest) nor too late, each sentence's text goes out just
// before its first packet, and what the device has played is known to the sample, so that an
// interrupted reply is cut where it was heard.
//
// A device plays a packet when it has it; what comes while it plays waits. So the time at which a
// packet plays is that of its sending, or the end of the packet before it.
//
// Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "codec/opus_packets.h"
#include "media/media_time.h"
#include "protocol/xiaozhi/server_message.h"

namespace parley::service {

/// Packets that a device has at most, the one that it plays included; of 60 ms, 300 ms.
inline constexpr int kXiaozhiLeadPackets = 5;

class Downlink {
 public:
  /// Errors: those of the encoder.
  static Result<Downlink> make(int rate, int frame_ms);

  /// Samples of the item of that id, behind all that came before.
  void add_audio(std::string_view item_id, std::span<const std::int16_t> samples);
  /// A sentence of it; `begin` counts from its first sample.
  void add_sentence(std::string_view item_id, media::MediaTime begin, std::string text);
  /// The item has no more; its last packet is filled with silence.
  void end_item();

  using Send = std::function<void(protocol::XiaozhiMessage)>;
  /// Sends what is due. Errors: those of the encoder.
  Status pump(Instant now, const Send& send);
  /// When there will be something to send; nothing: when more has come.
  [[nodiscard]] std::optional<Instant> next_at() const;
  /// Nothing waits to be sent.
  [[nodiscard]] bool is_empty() const { return samples_.empty() && sentences_.empty(); }
  /// When all that was sent has been played.
  [[nodiscard]] Instant plays_until() const { return plays_until_; }

  /// An item of which not all was played, and how much was.
  struct Cut {
    std::string item_id;
    media::MediaTime played;
  };
  /// The device plays no more, and nothing of what waits is sent.
  [[nodiscard]] std::vector<Cut> drop(Instant now);

 private:
  struct Spoken {
    std::string item_id;
    std::int64_t begin = 0;  // samples since the session began
    std::int64_t end = 0;
    bool is_open = true;
  };
  struct Sentence {
    std::int64_t begin = 0;
    std::string text;
  };
  struct Sent {
    std::int64_t begin = 0;
    Instant plays_at;
  };

  Downlink(codec::OpusPacketEncoder encoder, int rate, int frame_ms)
      : encoder_(std::move(encoder)), rate_(rate), frame_(Millis(frame_ms)) {}
  Spoken& open(std::string_view item_id);
  void send_sentences(std::int64_t before, const Send& send);
  [[nodiscard]] bool has_packet() const { return samples_.size() >= encoder_.frame_samples(); }
  [[nodiscard]] std::int64_t played(Instant now) const;
  void forget_played(Instant now);

  codec::OpusPacketEncoder encoder_;
  int rate_;
  Millis frame_;
  std::deque<Spoken> items_;  // of which not all was played
  std::deque<Sentence> sentences_;
  std::deque<std::int16_t> samples_;  // not yet sent
  std::vector<std::int16_t> packet_;  // being encoded
  std::int64_t sent_ = 0;             // samples
  std::int64_t turn_begin_ = 0;       // likewise, when what is heard began
  std::deque<Sent> in_flight_;        // sent, and not wholly played
  Instant plays_until_;
};

}  // namespace parley::service
