// SPDX-License-Identifier: Apache-2.0
//
// A microphone as a stream.
//   out  audio   AudioFrame, mono, at `rate_hz`, frames of `frame_ms`
// The card's thread writes into a ring of kHeldMs and wakes the strand. When nobody takes the audio
// the newest is dropped and counted, and `pts` jumps by what is missing: time stays true.
// Threads: strand; the card's thread only touches the ring.  Allocates: in `open`; frames are
// pooled. Latency: a frame, and a block of the card.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "exec/strand.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"
#include "operators/device/audio_card.h"
#include "operators/device/sample_ring.h"

namespace parley::operators {

class CaptureSource final : public graph::Operator, private CaptureCallback {
 public:
  static constexpr int kHeldMs = 1'000;

  struct Options {
    std::string device = {};  // part of its name; empty: the default
    int rate_hz = 16'000;
    int frame_ms = 20;  // 5 to 100
  };

  CaptureSource(Options options, AudioCard& card, media::BufferPool& buffers);
  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  [[nodiscard]] bool is_busy() const noexcept override { return stream_ != nullptr; }
  void close() noexcept override { stream_.reset(); }

  [[nodiscard]] std::uint64_t dropped_samples() const { return ring_.dropped(); }

 private:
  void on_captured(std::span<const float> samples) noexcept override;

  const Options options_;
  AudioCard& card_;
  media::BufferPool& buffers_;
  graph::Out<media::AudioFrame> out_;
  const std::size_t frame_;  // samples
  SampleRing ring_;
  exec::Waker waker_;
  std::int64_t next_ = 0;               // sample of the stream
  std::uint64_t dropped_seen_ = 0;      // of them, in `next_` already
  std::unique_ptr<CardStream> stream_;  // last: stops before the ring goes
};

}  // namespace parley::operators
