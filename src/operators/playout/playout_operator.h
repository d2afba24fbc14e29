// SPDX-License-Identifier: Apache-2.0
//
// Gives a reply's audio to the wire: resampled, cut into packets, encoded, and not too early.
//   in   audio   AudioFrame, mono, any length and rate
//   out  packets EncodedAudio of kPacket each (the last of a reply may be shorter, or empty)
// Audio leaves as soon as it is made, but at most `settings.lead` before its playing time, so that
// an interruption never has more than that to take back. A reply plays from its first packet on, or
// from where the reply before it ends, whichever is later; when synthesis falls behind, the playing
// time waits (the listener hears a gap).
// Threads: strand.  Allocates: no (pooled buffers), except a resampler per change of rate.
#pragma once

#include <optional>
#include <vector>

#include "dsp/resampler.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"
#include "operators/tts/speech_settings.h"

namespace parley::operators {

/// Small enough to start soon, large enough that a packet's overhead does not count.
inline constexpr Millis kPacket{100};

class PlayoutOperator : public graph::Operator {
 public:
  /// `settings` is read live; codec and rate at the start of a reply.
  PlayoutOperator(media::BufferPool& buffers, const SpeechSettings& settings);
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void on_turn(media::Turn now) noexcept override;
  /// While a packet waits for its time.
  [[nodiscard]] bool is_busy() const noexcept override {
    return ending_ || pending_.size() - pending_begin_ >= packet_samples();
  }

  /// When all that was ever sent has been played.
  [[nodiscard]] Instant busy_until() const noexcept { return busy_until_; }
  /// The listener plays nothing any more: what comes next need not wait for what was sent.
  void fell_silent() noexcept { busy_until_ = {}; }

 private:
  [[nodiscard]] std::size_t packet_samples() const noexcept {
    return static_cast<std::size_t>(media::MediaTime::from_ms(kPacket.count()).samples(rate_));
  }
  Status take_frame(const media::AudioFrame& frame);
  void begin_reply(media::Turn turn);
  void send_packet(Instant now, std::size_t samples);
  /// How long the next packet, of `samples`, has to wait; zero or less: it may leave.
  [[nodiscard]] Nanos wait(Instant now, std::size_t samples) const;
  void release();

  graph::In<media::AudioFrame> audio_{*this, "audio", {.capacity = 2, .channels = 1}};  // clauses
  graph::Out<media::EncodedAudio> packets_{*this, "packets", {.channels = 1}};
  media::BufferPool& buffers_;
  const SpeechSettings& settings_;

  media::Turn turn_;
  media::Codec codec_ = media::Codec::pcm16;
  int rate_ = 24'000;                        // Hz, of the packets
  int input_rate_ = 0;                       // Hz, of the resampler's input
  std::optional<dsp::Resampler> resampler_;  // empty while the rates are equal
  std::vector<float> pending_;               // resampled, not yet sent
  std::size_t pending_begin_ = 0;
  bool ending_ = false;    // the last frame of the reply is in `pending_`
  bool started_ = false;   // the first packet has left
  Instant play_start_;     // when the first packet plays, gaps added
  Instant busy_until_;     // when all that was ever sent has been played
  media::MediaTime sent_;  // audio sent of this reply
};

}  // namespace parley::operators
