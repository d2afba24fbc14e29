// SPDX-License-Identifier: Apache-2.0
//
// Mel frequency cepstral coefficients as Kaldi computes them (feat/feature-mfcc.cc, without the
// energy term): the log filter bank, an orthonormal DCT-II, and the lifter 1 + Q/2 sin(pi i / Q).
// The default is Kaldi's "hires" configuration: 40 coefficients of 40 filters.
//
// Threads: one owner. Allocates: in `make` only.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "dsp/fbank.h"

namespace parley::dsp {

struct MfccOptions {
  FbankOptions fbank{.bins = 40};
  int coefficients = 40;  // at most fbank.bins
  float lifter = 22.0F;   // 0: none
};

class Mfcc {
 public:
  /// Errors: invalid_argument.
  static Result<Mfcc> make(const MfccOptions& options);

  [[nodiscard]] std::size_t window_samples() const noexcept { return fbank_.window_samples(); }
  [[nodiscard]] std::size_t hop_samples() const noexcept { return fbank_.hop_samples(); }
  [[nodiscard]] std::size_t dimensions() const noexcept { return matrix_.size() / mel_.size(); }
  /// REQUIRES: window.size() == window_samples(); row.size() == dimensions().
  void compute(std::span<const float> window, std::span<float> row) noexcept;

 private:
  Mfcc(Fbank fbank, const MfccOptions& options);

  Fbank fbank_;
  std::vector<float> mel_;
  std::vector<float> matrix_;  // dimensions x filters, the lifter multiplied in
};

}  // namespace parley::dsp
