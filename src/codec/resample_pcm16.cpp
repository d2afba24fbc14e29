// SPDX-License-Identifier: Apache-2.0
#include "codec/resample_pcm16.h"

#include "codec/pcm16.h"
#include "dsp/resampler.h"

namespace parley::codec {

Result<std::vector<std::int16_t>> resample_pcm16(std::span<const std::int16_t> samples, int from,
                                                 int to) {
  PARLEY_TRY(dsp::Resampler resampler, dsp::Resampler::make(from, to));
  std::vector<float> in(samples.size());
  pcm16_to_float(samples, in);
  std::vector<float> out(resampler.output_size(in.size()));
  resampler.process(in, out);
  const std::size_t given = out.size();
  out.resize(given + resampler.flush_size());
  resampler.flush(std::span(out).subspan(given));
  std::vector<std::int16_t> result(out.size());
  float_to_pcm16(out, std::span(result));
  return result;
}

}  // namespace parley::codec
