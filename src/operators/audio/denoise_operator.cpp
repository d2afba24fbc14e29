// SPDX-License-Identifier: Apache-2.0
#include "operators/audio/denoise_operator.h"

#include <span>

namespace parley::operators {

using graph::Progress;

Result<Progress> DenoiseOperator::process(graph::ProcessContext&) {
  while (in_.peek() != nullptr) {
    if (!out_.has_room(BlockStream::kFramesMax)) return Progress::blocked;
    PARLEY_TRY_STATUS(stream_.feed(
        in_.pop(), out_,
        [this](std::span<float> block, media::MediaTime) { denoiser_.process(block); }));
  }
  return Progress::need_input;
}

Result<std::unique_ptr<DenoiseOperator>> DenoiseOperator::make(Options options,
                                                               media::BufferPool& buffers) {
  PARLEY_TRY(dsp::Denoiser denoiser,
             dsp::Denoiser::make({.rate = options.rate_hz, .suppress_db = options.suppress_db}));
  return std::unique_ptr<DenoiseOperator>(
      new DenoiseOperator(options.rate_hz, std::move(denoiser), buffers));
}

DenoiseOperator::DenoiseOperator(int rate, dsp::Denoiser denoiser, media::BufferPool& buffers)
    : rate_(rate),
      denoiser_(std::move(denoiser)),
      stream_({.rate = rate, .block = denoiser_.block_samples(), .latency = denoiser_.latency()},
              buffers) {}

}  // namespace parley::operators
