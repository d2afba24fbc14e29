// SPDX-License-Identifier: Apache-2.0
//
// Triangular filters, evenly spaced on the mel scale, over a power spectrum. Two conventions that
// trained models tell apart:
//
//   kaldi   mel = 1127 ln(1 + f / 700); a triangle is straight in mel and 1 high at its centre
//           (Kaldi, feat/mel-computations.cc)
//   slaney  linear below 1 kHz, logarithmic above; a triangle is straight in Hz and has an area of
//           1 (Slaney's Auditory Toolbox, as librosa.filters.mel computes it)
//
// Threads: immutable. Allocates: in `make` only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace parley::dsp {

enum class MelShape : std::uint8_t { kaldi, slaney };

struct MelFilterBankOptions {
  int rate = 16'000;           // Hz
  std::size_t fft_size = 512;  // of the spectrum: fft_size / 2 + 1 bins
  int bins = 80;               // filters
  float low_hz = 20.0F;
  float high_hz = 0.0F;  // 0 or less: counted from the Nyquist frequency
  MelShape shape = MelShape::kaldi;
};

class MelFilterBank {
 public:
  static constexpr int kBinsMax = 512;

  /// Errors: invalid_argument (no filters, or edges that leave them no room).
  static Result<MelFilterBank> make(const MelFilterBankOptions& options);

  [[nodiscard]] std::size_t bins() const noexcept { return filters_.size(); }
  [[nodiscard]] std::size_t spectrum_bins() const noexcept { return spectrum_bins_; }
  /// out[i]: the power under filter i.
  /// REQUIRES: power.size() == spectrum_bins(); out.size() == bins().
  void apply(std::span<const float> power, std::span<float> out) const noexcept;

 private:
  struct Filter {
    std::size_t first;    // bin of the spectrum
    std::size_t weights;  // where its weights begin
    std::size_t count;
  };

  MelFilterBank() = default;
  void add(std::span<const float> row);

  std::size_t spectrum_bins_ = 0;
  std::vector<Filter> filters_;
  std::vector<float> weights_;
};

}  // namespace parley::dsp
