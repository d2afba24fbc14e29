// SPDX-License-Identifier: Apache-2.0
//
// Takes out of the microphone what the loudspeaker said.
//   in   audio       AudioFrame, mono, at `rate_hz`: the microphone
//   in   reference   AudioFrame, the same format, optional: what is played, on the microphone's
//   time out  audio       AudioFrame, the same format; the lengths of frames may change, their time
//   does
//                    not
// What is played comes by the port, aligned by `pts`, or else by the EchoReference, sample for
// sample. By the port, a microphone block waits for the reference of the same time until
// kWaitMaxMs of microphone audio are held, and then takes what is missing for silence (counted).
// Threads: strand.  Allocates: no (pooled buffers).  Latency: 10 ms with `suppress`, else none; up
// to 10 ms more for frames that are no multiple of 10 ms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dsp/echo_canceller.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/audio_ring.h"
#include "operators/audio/block_stream.h"
#include "operators/audio/echo_reference.h"

namespace parley::operators {

class EchoOperator final : public graph::Operator {
 public:
  static constexpr int kWaitMaxMs = 200;
  static constexpr int kReferenceHeldMs = 2'000;

  struct Options {
    int rate_hz = 16'000;  // 8000 to 48000
    int tail_ms = 200;     // 20 to 1000
    bool suppress = true;
  };

  /// `reference` may be null: then the port must be connected, or nothing is cancelled.
  /// Errors: invalid_argument, resource_exhausted.
  static Result<std::unique_ptr<EchoOperator>> make(Options options, EchoReference* reference,
                                                    media::BufferPool& buffers);
  Result<graph::Progress> process(graph::ProcessContext& context) override;

  /// Samples of the reference that had not come when they were needed.
  [[nodiscard]] std::uint64_t reference_missing() const { return missing_; }

 private:
  EchoOperator(int rate, dsp::EchoCanceller canceller, EchoReference* reference,
               media::BufferPool& buffers);
  void take_reference();
  [[nodiscard]] bool must_wait(const media::AudioFrame& frame) const;
  void find_reference(media::MediaTime at, std::span<float> out);

  const int rate_;
  graph::In<media::AudioFrame> in_{*this, "audio", {.rate_hz = rate_, .channels = 1}};
  graph::In<media::AudioFrame> played_{
      *this, "reference", {.required = false, .rate_hz = rate_, .channels = 1}};
  graph::Out<media::AudioFrame> out_{*this, "audio", {.format_of = &in_}};
  dsp::EchoCanceller canceller_;
  EchoReference* const reference_;
  BlockStream stream_;
  media::AudioRing ring_;      // of the port's reference
  media::MediaTime ring_end_;  // time of the sample after the newest
  bool has_port_reference_ = false;
  std::vector<float> block_;
  std::uint64_t missing_ = 0;
};

}  // namespace parley::operators
