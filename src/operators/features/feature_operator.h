// SPDX-License-Identifier: Apache-2.0
//
// Audio into rows of features: log filter banks (Kaldi), log mel (Whisper), MFCC with deltas.
//   in   audio      AudioFrame, mono, at `rate_hz`
//   out  features   TensorFrame float32 [rows, dimensions]: `rows` rows, the last frame of a
//   stretch
//                   possibly fewer; pts: the first row's hop, duration: rows times the hop
// A jump in the input's time of more than a hop ends the stretch: what is begun is given (as the
// edges' convention has it), and features start afresh there. `is_last` on the input ends it, too.
// Threads: strand.  Allocates: no (pooled buffers).  Latency: a window less a hop (15 ms for
// 25/10), half a window when centred; 40 ms more with deltas; `rows` hops to fill a frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dsp/deltas.h"
#include "dsp/window_cutter.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"
#include "operators/features/feature_kernel.h"

namespace parley::operators {

class FeatureOperator final : public graph::Operator {
 public:
  static constexpr int kRowsMax = 3'000;  // 30 s of Whisper's

  struct Shape {
    int rate_hz = 16'000;
    dsp::WindowEdge edge = dsp::WindowEdge::snip;
    int rows = 1;         // of a frame, at most kRowsMax
    bool deltas = false;  // appends the first and second differences
    bool level = false;   // each frame as Whisper wants it (dsp/whisper_log_mel.h)
  };

  FeatureOperator(Shape shape, std::unique_ptr<FeatureKernel> kernel, media::BufferPool& buffers);
  Result<graph::Progress> process(graph::ProcessContext& context) override;

  /// Times that the input jumped.
  [[nodiscard]] std::uint64_t jumps() const { return jumps_; }

 private:
  enum class Step : std::uint8_t { done, blocked };

  [[nodiscard]] bool is_jump(media::MediaTime pts) const;
  /// Rows of all windows that are ready. `blocked`: the output has no room; call again.
  Step take_windows();
  bool next_row();
  void add_row();
  void push_rows();
  void begin(media::MediaTime pts);
  [[nodiscard]] media::MediaTime time_of(std::int64_t samples) const;

  const Shape shape_;
  const std::unique_ptr<FeatureKernel> kernel_;
  media::BufferPool& buffers_;
  graph::In<media::AudioFrame> audio_;
  graph::Out<media::TensorFrame> features_;
  dsp::WindowCutter cutter_;
  std::optional<dsp::Deltas> deltas_;
  std::vector<float> window_;
  std::vector<float> plain_row_;  // before the deltas
  std::vector<float> row_;

  media::BufferRef rows_;  // of the frame that is being filled
  int filled_ = 0;
  std::int64_t given_ = 0;  // rows of the stretch
  media::MediaTime begin_;  // of the stretch
  media::StreamId stream_;
  std::int64_t taken_ = 0;  // samples of the stretch
  std::size_t offset_ = 0;  // samples taken of the front frame
  bool finishing_ = false;  // the stretch is over, its rows are not all given
  bool is_last_ = false;    // and so is the stream
  std::uint64_t jumps_ = 0;
};

}  // namespace parley::operators
