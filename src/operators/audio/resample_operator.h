// SPDX-License-Identifier: Apache-2.0
//
// Brings audio to the rate that the models want; the phase is continuous over frames, so chunk
// borders leave no clicks. A change of the input rate starts a new resampler at that frame.
//   in   audio   AudioFrame, mono, any supported rate
//   out  audio   AudioFrame at `rate`
// Threads: strand.  Allocates: no (pooled buffers), except at a change of rate.
// Latency: the filter looks about 1.5 ms ahead (speexdsp quality 3); `pts` needs no correction.
#pragma once

#include <optional>

#include "dsp/resampler.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"

namespace parley::operators {

class ResampleOperator final : public graph::Operator {
 public:
  ResampleOperator(int rate, media::BufferPool& buffers)
      : out_(*this, "audio", {.rate_hz = rate, .channels = 1}), rate_(rate), buffers_(buffers) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  Status adapt(int input_rate);
  /// Gives what the filter still holds, so that no time is lost when the rate changes.
  void flush();
  void push(media::AudioFrame frame);

  graph::In<media::AudioFrame> in_{*this, "audio", {.channels = 1}};
  graph::Out<media::AudioFrame> out_;
  const int rate_;  // Hz
  media::BufferPool& buffers_;
  std::optional<dsp::Resampler> resampler_;  // empty while the rates are equal
  int input_rate_ = 0;
  media::MediaTime clock_;  // end of the last output frame
};

}  // namespace parley::operators
