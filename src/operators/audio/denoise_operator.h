// SPDX-License-Identifier: Apache-2.0
//
// Takes steady noise out of speech.
//   in   audio   AudioFrame, mono, at `rate_hz`
//   out  audio   AudioFrame, the same; the lengths of frames may change, their time does not
// Threads: strand.  Allocates: no (pooled buffers).  Latency: 10 ms, and up to 10 ms more for
// frames that are no multiple of 10 ms.
#pragma once

#include <memory>
#include <utility>

#include "dsp/denoiser.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "operators/audio/block_stream.h"

namespace parley::operators {

class DenoiseOperator final : public graph::Operator {
 public:
  struct Options {
    int rate_hz = 16'000;  // 8000 to 48000
    int suppress_db = 25;  // 1 to 60
  };

  /// Errors: invalid_argument, resource_exhausted.
  static Result<std::unique_ptr<DenoiseOperator>> make(Options options, media::BufferPool& buffers);
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  DenoiseOperator(int rate, dsp::Denoiser denoiser, media::BufferPool& buffers);

  const int rate_;
  graph::In<media::AudioFrame> in_{*this, "audio", {.rate_hz = rate_, .channels = 1}};
  graph::Out<media::AudioFrame> out_{*this, "audio", {.format_of = &in_}};
  dsp::Denoiser denoiser_;
  BlockStream stream_;
};

}  // namespace parley::operators
