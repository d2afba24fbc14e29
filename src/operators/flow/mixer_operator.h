// SPDX-License-Identifier: Apache-2.0
//
// Several voices into one, aligned by `pts`.
//   in   in1 … inN   AudioFrame, mono, at `rate_hz`, all on one time line
//   out  audio       AudioFrame, mono, blocks of `block_ms`, without a gap from the first frame's
//   `pts` on
//
// A block goes out when every input that is connected has come past its end, or has ended
// (`is_last`), or when the input furthest ahead is `hold_ms` beyond it: who is later than that is
// heard as silence, and the samples that come too late are dropped and counted. A pause inside an
// input is silence. The sum is limited smoothly (dsp/mixer.h). An input that is further ahead than
// kAheadMaxMs waits in its port (policy: block the producer). `is_last` goes out when all inputs
// have ended.
// Threads: strand.  Allocates: no (pooled buffers).  Latency: a block; up to `hold_ms` when an
// input is late.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"

namespace parley::operators {

class MixerOperator final : public graph::Operator {
 public:
  static constexpr int kInputsMax = 16;
  static constexpr int kAheadMaxMs = 2'000;
  static constexpr int kHoldMaxMs = 1'000;  // so that a block goes out before an input must wait
  static_assert(kHoldMaxMs < kAheadMaxMs);
  static constexpr int kFrameMaxMs = kAheadMaxMs - 100;  // a block must fit beside a frame

  struct Options {
    int inputs = 2;  // 1 to kInputsMax
    int rate_hz = 16'000;
    int block_ms = 20;          // 5 to 100
    int hold_ms = 60;           // 0 to kHoldMaxMs
    std::string gains_db = "";  // one number per input, divided by spaces; none: 0 dB
  };

  /// Errors: invalid_argument (gains that are no numbers, or not one per input).
  static Result<std::unique_ptr<MixerOperator>> make(const Options& options,
                                                     media::BufferPool& buffers);
  Result<graph::Progress> process(graph::ProcessContext& context) override;

  [[nodiscard]] std::uint64_t late_samples() const { return late_; }
  [[nodiscard]] std::uint64_t limited_samples() const { return limited_; }

 private:
  struct Voice {
    std::unique_ptr<graph::In<media::AudioFrame>> port;
    float gain = 1.0F;
    std::int64_t end = 0;  // sample after the newest, on the mixer's time line
    bool has_begun = false;
    bool has_ended = false;
  };

  MixerOperator(const Options& options, std::vector<float> gains, media::BufferPool& buffers);
  /// Adds what fits; false when the front frame must wait.
  Result<bool> take(Voice& voice);
  void add(const Voice& voice, std::int64_t from, std::span<const float> samples);
  [[nodiscard]] bool block_is_ready() const;
  [[nodiscard]] bool all_ended() const;
  void push_block();
  [[nodiscard]] std::int64_t samples_of(int ms) const {
    return static_cast<std::int64_t>(rate_) * ms / 1000;
  }

  const int rate_;
  const std::int64_t block_;  // samples
  const std::int64_t hold_;
  media::BufferPool& buffers_;
  std::vector<Voice> voices_;
  graph::Out<media::AudioFrame> out_;
  std::vector<float> sum_;   // a ring over time: sample t at t % size
  std::int64_t begin_ = 0;   // first sample that has not gone out
  std::int64_t newest_ = 0;  // end of the voice furthest ahead
  bool has_begun_ = false;
  bool finished_ = false;
  std::uint64_t late_ = 0;
  std::uint64_t limited_ = 0;
};

}  // namespace parley::operators
