// SPDX-License-Identifier: Apache-2.0
#include "dsp/fft.h"

#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "base/check.h"

namespace parley::dsp {
namespace {

using Complex = std::complex<float>;

Complex turn(std::size_t part, std::size_t of) {
  const double angle =
      -2.0 * std::numbers::pi * static_cast<double>(part) / static_cast<double>(of);
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
}

/// The transform of R values in place: small enough to write out.
template <std::size_t R>
void butterfly(float (&re)[R], float (&im)[R]) noexcept {
  if constexpr (R == 2) {
    const float r = re[0] - re[1];
    const float i = im[0] - im[1];
    re[0] += re[1];
    im[0] += im[1];
    re[1] = r;
    im[1] = i;
  } else if constexpr (R == 4) {
    const float r02 = re[0] + re[2], i02 = im[0] + im[2];
    const float r13 = re[1] + re[3], i13 = im[1] + im[3];
    const float d02r = re[0] - re[2], d02i = im[0] - im[2];
    const float d13r = re[1] - re[3], d13i = im[1] - im[3];
    re[0] = r02 + r13;
    im[0] = i02 + i13;
    re[1] = d02r + d13i;
    im[1] = d02i - d13r;
    re[2] = r02 - r13;
    im[2] = i02 - i13;
    re[3] = d02r - d13i;
    im[3] = d02i + d13r;
  } else if constexpr (R == 3) {
    constexpr float kSin = std::numbers::sqrt3_v<float> / 2.0F;
    const float sr = re[1] + re[2], si = im[1] + im[2];
    const float dr = kSin * (re[1] - re[2]), di = kSin * (im[1] - im[2]);
    const float mr = re[0] - 0.5F * sr, mi = im[0] - 0.5F * si;
    re[0] += sr;
    im[0] += si;
    re[1] = mr + di;
    im[1] = mi - dr;
    re[2] = mr - di;
    im[2] = mi + dr;
  } else {
    static_assert(R == 5);
    constexpr float kCos1 = 0.30901699437494745F, kCos2 = -0.80901699437494745F;  // of 72, 144 deg.
    constexpr float kSin1 = 0.95105651629515353F, kSin2 = 0.58778525229247314F;
    const float a_r = re[1] + re[4], a_i = im[1] + im[4], b_r = re[2] + re[3], b_i = im[2] + im[3];
    const float c_r = re[1] - re[4], c_i = im[1] - im[4], d_r = re[2] - re[3], d_i = im[2] - im[3];
    const float p1r = re[0] + kCos1 * a_r + kCos2 * b_r, p1i = im[0] + kCos1 * a_i + kCos2 * b_i;
    const float p2r = re[0] + kCos2 * a_r + kCos1 * b_r, p2i = im[0] + kCos2 * a_i + kCos1 * b_i;
    const float q1r = kSin1 * c_r + kSin2 * d_r, q1i = kSin1 * c_i + kSin2 * d_i;
    const float q2r = kSin2 * c_r - kSin1 * d_r, q2i = kSin2 * c_i - kSin1 * d_i;
    re[0] += a_r + b_r;
    im[0] += a_i + b_i;
    re[1] = p1r + q1i;
    im[1] = p1i - q1r;
    re[4] = p1r - q1i;
    im[4] = p1i + q1r;
    re[2] = p2r + q2i;
    im[2] = p2i - q2r;
    re[3] = p2r - q2i;
    im[3] = p2i + q2r;
  }
}

struct Span {
  const float* re;
  const float* im;
};
struct MutableSpan {
  float* re;
  float* im;
};

template <std::size_t R>
void step(std::size_t count, std::size_t stride, const Complex* twiddles, Span x,
          MutableSpan y) noexcept {
  const std::size_t apart = count * stride;  // between the inputs of one butterfly
  for (std::size_t p = 0; p < count; ++p) {
    float wr[R], wi[R];
    for (std::size_t j = 1; j < R; ++j) {
      wr[j] = twiddles[p * (R - 1) + j - 1].real();
      wi[j] = twiddles[p * (R - 1) + j - 1].imag();
    }
    const float* const xr = x.re + p * stride;
    const float* const xi = x.im + p * stride;
    float* const yr = y.re + p * R * stride;
    float* const yi = y.im + p * R * stride;
#ifndef __clang__  // which does not know it
#pragma GCC ivdep
#endif
    for (std::size_t q = 0; q < stride; ++q) {
      float re[R], im[R];
      for (std::size_t k = 0; k < R; ++k) {
        re[k] = xr[q + k * apart];
        im[k] = xi[q + k * apart];
      }
      butterfly<R>(re, im);
      yr[q] = re[0];
      yi[q] = im[0];
      for (std::size_t j = 1; j < R; ++j) {
        yr[q + j * stride] = re[j] * wr[j] - im[j] * wi[j];
        yi[q + j * stride] = re[j] * wi[j] + im[j] * wr[j];
      }
    }
  }
}

}  // namespace

void RealFft::forward(std::span<const float> in, std::span<Complex> out) noexcept {
  PARLEY_CHECK(in.size() == size() && out.size() == bins());
  for (std::size_t k = 0; k < half_; ++k) {
    lane_[0].re[k] = in[2 * k];
    lane_[0].im[k] = in[2 * k + 1];
  }
  const Lane& done = lane_[transform()];
  for (std::size_t k = 0; k <= half_; ++k) out[k] = bin(done, k);
}

void RealFft::power(std::span<const float> in, std::span<float> out) noexcept {
  PARLEY_CHECK(in.size() == size() && out.size() == bins());
  for (std::size_t k = 0; k < half_; ++k) {
    lane_[0].re[k] = in[2 * k];
    lane_[0].im[k] = in[2 * k + 1];
  }
  const Lane& done = lane_[transform()];
  for (std::size_t k = 0; k <= half_; ++k) {
    const Complex value = bin(done, k);
    out[k] = value.real() * value.real() + value.imag() * value.imag();
  }
}

void RealFft::inverse(std::span<const Complex> in, std::span<float> out) noexcept {
  PARLEY_CHECK(in.size() == bins() && out.size() == size());
  // The same transform forward: what comes out is conjugated before and after.
  for (std::size_t k = 0; k < half_; ++k) {
    const Complex a = k == 0 ? Complex(in[0].real(), 0.0F) : in[k];
    const Complex b = k == 0 ? Complex(in[half_].real(), 0.0F) : std::conj(in[half_ - k]);
    const Complex even = a + b;
    const Complex odd = (a - b) * std::conj(turns_[k]);
    const Complex z = even + Complex(-odd.imag(), odd.real());
    lane_[0].re[k] = z.real();
    lane_[0].im[k] = -z.imag();
  }
  const Lane& done = lane_[transform()];
  const float scale = 0.5F / static_cast<float>(half_);
  for (std::size_t k = 0; k < half_; ++k) {
    out[2 * k] = done.re[k] * scale;
    out[2 * k + 1] = -done.im[k] * scale;
  }
}

std::size_t RealFft::transform() noexcept {
  std::size_t from = 0;
  for (const Stage& stage : stages_) {
    const Span x{lane_[from].re.data(), lane_[from].im.data()};
    const MutableSpan y{lane_[1 - from].re.data(), lane_[1 - from].im.data()};
    const Complex* const twiddles = twiddles_.data() + stage.twiddle;
    switch (stage.radix) {
      case 2:
        step<2>(stage.count, stage.stride, twiddles, x, y);
        break;
      case 3:
        step<3>(stage.count, stage.stride, twiddles, x, y);
        break;
      case 4:
        step<4>(stage.count, stage.stride, twiddles, x, y);
        break;
      default:
        step<5>(stage.count, stage.stride, twiddles, x, y);
        break;
    }
    from = 1 - from;
  }
  return from;
}

/// Bin k of the real transform, of the transform of pairs in `from`.
Complex RealFft::bin(const Lane& from, std::size_t k) const noexcept {
  const std::size_t low = k == half_ ? 0 : k;
  const std::size_t high = k == 0 ? 0 : half_ - k;
  const float even_re = 0.5F * (from.re[low] + from.re[high]);
  const float even_im = 0.5F * (from.im[low] - from.im[high]);
  const float odd_re = 0.5F * (from.im[low] + from.im[high]);
  const float odd_im = -0.5F * (from.re[low] - from.re[high]);
  const float wr = turns_[k].real(), wi = turns_[k].imag();
  return {even_re + odd_re * wr - odd_im * wi, even_im + odd_re * wi + odd_im * wr};
}

Result<RealFft> RealFft::make(std::size_t size) {
  std::size_t rest = size / 2;
  for (const std::size_t prime : {2U, 3U, 5U}) {
    while (rest > 1 && rest % prime == 0) rest /= prime;
  }
  if (size < kSizeMin || size > kSizeMax || size % 2 != 0 || rest != 1) {
    return Error{ErrorCode::invalid_argument,
                 "a Fourier transform of " + std::to_string(size) +
                     " samples; give an even number from " + std::to_string(kSizeMin) + " to " +
                     std::to_string(kSizeMax) + " with no prime factor above 5"};
  }
  return RealFft(size / 2);
}

RealFft::RealFft(std::size_t half) : half_(half) {
  std::size_t left = half;
  std::size_t stride = 1;
  for (const std::size_t radix : {4U, 2U, 3U, 5U}) {
    while (left % radix == 0) {
      const std::size_t count = left / radix;
      stages_.push_back({radix, count, stride, twiddles_.size()});
      for (std::size_t p = 0; p < count; ++p) {
        for (std::size_t j = 1; j < radix; ++j) twiddles_.push_back(turn(p * j, left));
      }
      left = count;
      stride *= radix;
    }
  }
  for (std::size_t k = 0; k <= half; ++k) turns_.push_back(turn(k, 2 * half));
  for (Lane& lane : lane_) {
    lane.re.resize(half);
    lane.im.resize(half);
  }
}

}  // namespace parley::dsp
