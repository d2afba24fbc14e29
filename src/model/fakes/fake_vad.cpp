// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_vad.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace parley::model {

void FakeVadModel::infer(std::span<VadCall* const> batch) noexcept {
  for (VadCall* call : batch) {
    std::array<float, kVadWindowSamples> window;
    call->copy_window(window);
    double sum = 0.0;
    for (const float sample : window) sum += static_cast<double>(sample) * sample;
    const double rms = std::sqrt(sum / static_cast<double>(kVadWindowSamples));
    call->probability = rms > static_cast<double>(rms_min_) ? kSpeech : kSilence;
    // Like the real model: the next window sees the end of this one.
    std::copy_n(window.end() - kVadContextSamples, kVadContextSamples, call->state.context.begin());
    call->status = {};
  }
}

}  // namespace parley::model
