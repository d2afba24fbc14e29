// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "operators/audio/decode_operator.h"
#include "operators/audio/resample_operator.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

struct ResampleOptions {
  int rate_hz = 16'000;
};

}  // namespace

void register_audio_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  media::BufferPool* const buffers = &bindings.buffers;
  registry.add("decode", "Wire bytes to float32 samples", graph::OptionTable<graph::NoOptions>(),
               [buffers](graph::NoOptions) { return std::make_unique<DecodeOperator>(*buffers); });
  registry.add("resample", "Any sample rate to one",
               graph::OptionTable<ResampleOptions>().whole(
                   "rate_hz", &ResampleOptions::rate_hz, dsp::Resampler::kRateMin,
                   dsp::Resampler::kRateMax, "The rate that comes out"),
               [buffers](ResampleOptions options) {
                 return std::make_unique<ResampleOperator>(options.rate_hz, *buffers);
               });
}

}  // namespace parley::operators
