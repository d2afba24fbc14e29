// SPDX-License-Identifier: Apache-2.0
//
// Several frames into one tensor, for a model that gains by batches: the first dimension is new and
// counts the frames.
//   in   frames  TensorFrame (`batch`), or AudioFrame, mono (`batch_audio`)
//   out  batch   TensorFrame [n, …], 1 <= n <= `items_max`; pts, stream and turn: of its first
//                frame, duration: up to the end of its last one
//
// A batch goes out when it is full, when its first frame has waited `delay_max`, when a frame of
// another shape, type or turn comes (they do not mix), and at the end of the stream (`is_last`,
// which goes on with the last batch). Frames whose turn is over are dropped. The batch copies: a
// model wants its input in one piece.
//
// Sizes and waits are in the metrics parley_graph_batch_frames and parley_graph_batch_wait_seconds,
// and in the profiler's report. For the batches that a model host makes over sessions see
// model/host_core.h. Threads: strand.  Allocates: a list per batch.  Latency: `delay_max`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "exec/batch_accumulator.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"

namespace parley::operators {

template <typename FrameType>
class BatchOperator final : public graph::Operator {
 public:
  static constexpr int kItemsMax = 1024;

  struct Options {
    int items_max = 16;    // 1 to kItemsMax
    Millis delay_max{20};  // 0: what is there goes at once
  };

  BatchOperator(Options options, media::BufferPool& buffers);
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  /// Takes over what waits.
  Status adopt(graph::Operator& predecessor) override;
  [[nodiscard]] bool is_busy() const noexcept override { return !waiting_.empty(); }

  /// `late`: batches that went out before they were full, because of `delay_max`.
  struct Stats {
    std::uint64_t frames = 0;
    std::uint64_t batches = 0;
    std::uint64_t late = 0;
  };
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  [[nodiscard]] bool is_full() const { return waiting_.size() >= items_max_; }
  [[nodiscard]] bool belongs(const FrameType& frame) const;
  Status take(graph::ProcessContext& context);
  /// Sends the frames that wait, as one tensor. REQUIRES: room at `batch`.
  void send(graph::ProcessContext& context, bool is_last);

  graph::In<FrameType> frames_{*this, "frames", {.capacity = 256}};
  graph::Out<media::TensorFrame> batch_{*this, "batch"};
  media::BufferPool& buffers_;
  const std::size_t items_max_;
  const Nanos delay_max_;
  exec::BatchAccumulator<FrameType> waiting_;
  FrameType like_;  // the first of those that wait: the others are like it
  std::uint64_t sequence_ = 0;
  Stats stats_;
};

extern template class BatchOperator<media::TensorFrame>;
extern template class BatchOperator<media::AudioFrame>;

}  // namespace parley::operators
