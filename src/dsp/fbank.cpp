// SPDX-License-Identifier: Apache-2.0
#include "dsp/fbank.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/check.h"

namespace parley::dsp {

void Fbank::compute(std::span<const float> window, std::span<float> row) noexcept {
  PARLEY_CHECK(window.size() == window_.size() && row.size() == dimensions());
  float sum = 0.0F;
  for (const float sample : window) sum += sample;
  const float mean = sum / static_cast<float>(window.size());
  // x[i] - c x[i - 1], from the last to the first in Kaldi; the first is its own predecessor.
  float before = window[0] - mean;
  for (std::size_t i = 0; i < window.size(); ++i) {
    const float sample = window[i] - mean;
    padded_[i] = (sample - options_.preemphasis * before) * options_.scale * window_[i];
    before = sample;
  }
  fft_.power(padded_, power_);
  mel_.apply(power_, row);
  if (!options_.log) return;
  constexpr float kFloor = std::numeric_limits<float>::epsilon();
  for (float& value : row) value = std::log(std::max(value, kFloor));
}

Result<Fbank> Fbank::make(const FbankOptions& options) {
  const auto samples_of = [&](float ms) {
    return static_cast<std::size_t>(static_cast<float>(options.rate) * ms * 0.001F);
  };
  if (options.rate < 1'000 || options.rate > 384'000 || options.window_ms > 1'000.0F ||
      options.hop_ms > options.window_ms || samples_of(options.hop_ms) < 1) {
    return Error{ErrorCode::invalid_argument, "windows of " + std::to_string(options.window_ms) +
                                                  " ms every " + std::to_string(options.hop_ms) +
                                                  " ms at " + std::to_string(options.rate) +
                                                  " Hz; give 0 < hop <= window <= 1000 ms"};
  }
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(samples_of(options.window_ms), 4));
  PARLEY_TRY(RealFft fft, RealFft::make(size));
  PARLEY_TRY(MelFilterBank mel, MelFilterBank::make({.rate = options.rate,
                                                     .fft_size = size,
                                                     .bins = options.bins,
                                                     .low_hz = options.low_hz,
                                                     .high_hz = options.high_hz,
                                                     .shape = MelShape::kaldi}));
  Fbank made(options, std::move(fft), std::move(mel));
  made.hop_ = samples_of(options.hop_ms);
  made.window_ =
      make_window(options.window, std::max<std::size_t>(2, samples_of(options.window_ms)));
  return made;
}

Fbank::Fbank(const FbankOptions& options, RealFft fft, MelFilterBank mel)
    : options_(options),
      hop_(0),
      fft_(std::move(fft)),
      mel_(std::move(mel)),
      padded_(fft_.size()),
      power_(fft_.bins()) {}

}  // namespace parley::dsp
