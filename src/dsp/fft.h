// SPDX-License-Identifier: Apache-2.0
//
// The discrete Fourier transform of real samples. Sizes are even, and half of one is a product of
// 2, 3, 4 and 5: powers of two, and 400 as Whisper's features ask for.
//
//   PARLEY_TRY(RealFft fft, RealFft::make(512));
//   fft.forward(samples, spectrum);           // 512 floats → 257 bins
//
// Method: Stockham's self-sorting transform (Van Loan, "Computational Frameworks for the Fast
// Fourier Transform", 1992, section 1.7) of half the size, over separate real and imaginary arrays
// so that the inner loops vectorise; then the usual split of two interleaved real transforms.
//
// Threads: one owner. Allocates: in `make` only.
#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"

namespace parley::dsp {

class RealFft {
 public:
  static constexpr std::size_t kSizeMin = 4;
  static constexpr std::size_t kSizeMax = 1U << 20U;

  /// Errors: invalid_argument (a size that is not supported).
  static Result<RealFft> make(std::size_t size);

  [[nodiscard]] std::size_t size() const noexcept { return half_ * 2; }
  [[nodiscard]] std::size_t bins() const noexcept { return half_ + 1; }

  /// X[k] = sum over n of x[n] e^(-2 pi i k n / size), for 0 <= k <= size / 2.
  /// REQUIRES: in.size() == size(); out.size() == bins().
  void forward(std::span<const float> in, std::span<std::complex<float>> out) noexcept;
  /// |X[k]|^2. REQUIRES: as `forward`.
  void power(std::span<const float> in, std::span<float> out) noexcept;
  /// The inverse of `forward`, scale included. The imaginary parts of the first and the last bin
  /// are taken for zero. REQUIRES: in.size() == bins(); out.size() == size().
  void inverse(std::span<const std::complex<float>> in, std::span<float> out) noexcept;

 private:
  struct Stage {
    std::size_t radix;
    std::size_t count;    // butterflies with different twiddles
    std::size_t stride;   // butterflies with the same twiddle
    std::size_t twiddle;  // where this stage's begin
  };
  struct Lane {
    std::vector<float> re;
    std::vector<float> im;
  };

  explicit RealFft(std::size_t half);
  /// Transforms lane_[0]; the result is in lane_[return value].
  std::size_t transform() noexcept;
  [[nodiscard]] std::complex<float> bin(const Lane& from, std::size_t k) const noexcept;

  std::size_t half_;
  std::vector<Stage> stages_;
  std::vector<std::complex<float>> twiddles_;  // of the stages
  std::vector<std::complex<float>> turns_;     // e^(-2 pi i k / size)
  Lane lane_[2];
};

}  // namespace parley::dsp
