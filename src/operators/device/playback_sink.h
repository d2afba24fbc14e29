// SPDX-License-Identifier: Apache-2.0
//
// A loudspeaker.
//   in   audio   AudioFrame, mono, at `rate_hz`
// Frames go into a ring of `lead_ms` (policy: what has no room waits in the port), from which the
// card's thread takes; when there is nothing it plays silence, counted while a reply is under way
// (until `is_last`). When the turn moves on, what waits is silenced at once. What is really played,
// silence included, is written into the EchoReference, if there is one.
// Threads: strand; the card's thread only touches the ring.  Allocates: in `open`.  Latency:
// `lead_ms` at most.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "exec/strand.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "operators/audio/echo_reference.h"
#include "operators/device/audio_card.h"
#include "operators/device/sample_ring.h"

namespace parley::operators {

class PlaybackSink final : public graph::Operator, private PlaybackCallback {
 public:
  struct Options {
    std::string device = {};  // part of its name; empty: the default
    int rate_hz = 24'000;
    int lead_ms = 100;  // 20 to 2000
  };

  /// `reference` may be null; it has the same rate (checked in `open`).
  PlaybackSink(Options options, AudioCard& card, EchoReference* reference);
  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  /// Until the card has taken what it was given.
  [[nodiscard]] bool is_busy() const noexcept override {
    return stream_ != nullptr && ring_.size() > 0;
  }
  void on_turn(media::Turn now) noexcept override;
  void close() noexcept override { stream_.reset(); }

  [[nodiscard]] std::uint64_t played_samples() const { return played_.load(); }
  [[nodiscard]] std::uint64_t missing_samples() const { return missing_.load(); }

 private:
  void on_wanted(std::span<float> samples) noexcept override;

  const Options options_;
  AudioCard& card_;
  EchoReference* const reference_;
  graph::In<media::AudioFrame> audio_;
  SampleRing ring_;
  exec::Waker waker_;
  std::size_t offset_ = 0;  // samples taken of the front frame
  media::Turn offset_turn_;
  std::atomic<std::size_t> silent_until_{0};  // of what the ring was given
  std::atomic<bool> is_playing_{false};       // a reply has begun and its end has not come
  std::atomic<std::uint64_t> played_{0};
  std::atomic<std::uint64_t> missing_{0};
  std::unique_ptr<CardStream> stream_;  // last: stops before the ring goes
};

}  // namespace parley::operators
