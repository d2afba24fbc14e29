// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_vad.h"

#include <algorithm>
#include <cmath>

namespace parley::model {

void FakeVadModel::infer(std::span<VadCall* const> batch) noexcept {
  for (VadCall* call : batch) {
    double sum = 0.0;
    for (const float sample : call->window) sum += static_cast<double>(sample) * sample;
    const double rms = std::sqrt(sum / static_cast<double>(kVadWindowSamples));
    call->probability = rms > static_cast<double>(rms_min_) ? kSpeech : kSilence;
    // Like the real model: the next window sees the end of this one.
    std::copy_n(call->window.end() - kVadContextSamples, kVadContextSamples,
                call->state.context.begin());
    call->status = {};
  }
}

}  // namespace parley::model
