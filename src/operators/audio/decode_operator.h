// SPDX-License-Identifier: Apache-2.0
//
// Turns wire audio into float32 samples in a pooled buffer. The first place where a sample has a
// time: `pts` counts everything that was ever appended, whatever its format.
//   in   input   EncodedAudio, mono, whole samples
//   out  audio   AudioFrame, same rate
// Threads: strand.  Allocates: no (pooled buffers).  Latency: none.
#pragma once

#include "graph/operator.h"
#include "graph/port.h"
#include "media/buffer_pool.h"

namespace parley::operators {

class DecodeOperator final : public graph::Operator {
 public:
  explicit DecodeOperator(media::BufferPool& buffers) : buffers_(buffers) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  graph::In<media::EncodedAudio> input_{*this, "input", {.channels = 1}};
  graph::Out<media::AudioFrame> audio_{*this, "audio", {.format_of = &input_}};
  media::BufferPool& buffers_;
  media::MediaTime clock_;  // end of the last frame
  std::uint64_t sequence_ = 0;
};

}  // namespace parley::operators
