// SPDX-License-Identifier: Apache-2.0
//
// Log mel filter bank features as Kaldi computes them, and with it FunASR, sherpa-onnx, WeNet and
// torchaudio.compliance.kaldi: take out the mean, emphasise (0.97), window, transform at the next
// power of two, power, mel filters, natural logarithm (Kaldi, feat/feature-fbank.cc). No dither.
//
// Presets of models:           window    edge    high_hz  scale
//   FunASR (Paraformer, SenseVoice)  hamming   snip    0        32768
//   sherpa-onnx, icefall             povey     kaldi   -400     1
//   WeNet                            povey     snip    0        32768
//
// Threads: one owner. Allocates: in `make` only.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "dsp/fft.h"
#include "dsp/mel_filter_bank.h"
#include "dsp/window_shape.h"

namespace parley::dsp {

struct FbankOptions {
  int rate = 16'000;  // Hz
  int bins = 80;
  float window_ms = 25.0F;
  float hop_ms = 10.0F;
  WindowShape window = WindowShape::povey;
  float preemphasis = 0.97F;
  float low_hz = 20.0F;
  float high_hz = 0.0F;  // 0 or less: counted from the Nyquist frequency
  /// What samples in [-1, 1] are multiplied by; models trained on 16-bit numbers want 32768.
  float scale = 1.0F;
  bool log = true;
};

class Fbank {
 public:
  /// Errors: invalid_argument.
  static Result<Fbank> make(const FbankOptions& options);

  [[nodiscard]] std::size_t window_samples() const noexcept { return window_.size(); }
  [[nodiscard]] std::size_t hop_samples() const noexcept { return hop_; }
  [[nodiscard]] std::size_t dimensions() const noexcept { return mel_.bins(); }
  /// One window to one row.
  /// REQUIRES: window.size() == window_samples(); row.size() == dimensions().
  void compute(std::span<const float> window, std::span<float> row) noexcept;

 private:
  Fbank(const FbankOptions& options, RealFft fft, MelFilterBank mel);

  FbankOptions options_;
  std::size_t hop_;
  std::vector<float> window_;
  RealFft fft_;
  MelFilterBank mel_;
  std::vector<float> padded_;
  std::vector<float> power_;
};

}  // namespace parley::dsp
