// SPDX-License-Identifier: Apache-2.0
//
// Brings audio to the rate that the models want; the phase is continuous over frames, so chunk
// borders leave no clicks. A change of the input rate starts a new resampler at that frame; a frame
// that `is_last` is followed by what the filter still held, and then by an empty one that is.
//   in   audio   AudioFrame, mono, any supported rate
//   out  audio   AudioFrame at `rate`
// Threads: strand.  Allocates: no (pooled buffers), except at a change of rate.
// Latency: the filter looks about 1.5 ms ahead (speexdsp quality 3); `pts` needs no correction.
#pragma once

#include <optional>
#include <span>

#include "dsp/resampler.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"

namespace parley::operators {

class ResampleOperator final : public graph::Operator {
 public:
  /// `capacity`: frames that may wait for it.
  ResampleOperator(int rate, media::BufferPool& buffers,
                   std::size_t capacity = graph::kPortCapacityDefault)
      : in_(*this, "audio", {.capacity = capacity, .channels = 1}),
        out_(*this, "audio", {.rate_hz = rate, .channels = 1}),
        rate_(rate),
        buffers_(buffers) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  Status adapt(int input_rate);
  [[nodiscard]] media::BufferRef resample(std::span<const float> samples);
  /// Gives what the filter still holds, so that no time is lost when the rate changes. False: it
  /// holds nothing.
  bool flush();
  void push(media::AudioFrame frame);

  graph::In<media::AudioFrame> in_;
  graph::Out<media::AudioFrame> out_;
  const int rate_;  // Hz
  media::BufferPool& buffers_;
  std::optional<dsp::Resampler> resampler_;  // empty while the rates are equal
  int input_rate_ = 0;
  std::optional<media::AudioFrame> last_;  // waits for what the filter still holds
  media::MediaTime clock_;                 // end of the last output frame
};

}  // namespace parley::operators
