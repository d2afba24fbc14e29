// SPDX-License-Identifier: Apache-2.0
//
// Magnitudes of the frames of a batch, `Lanes` frames side by side: a transform then needs no
// shuffles, and a lane's result does not depend on the others. See kernel_body.h for why all of it
// is in an unnamed namespace.
//
// Method: 256 real samples as 128 complex ones, decimation in time, radix 2 in place, and the split
// of two interleaved real transforms (Press et al., "Numerical Recipes", section 12.3).
#pragma once

#include <cstddef>

#include "backend/kernel_math.h"
#include "backend/silero/silero_kernel.h"

namespace parley::backend {
namespace {

constexpr std::size_t kPoints = kSileroFrame / 2;

template <std::size_t Lanes>
struct Spectrum {
  alignas(64) float re[kPoints][Lanes];
  alignas(64) float im[kPoints][Lanes];
  alignas(64) float power[kSileroBins][Lanes];
};

template <std::size_t Lanes>
void butterflies(const SileroPacked& weights, Spectrum<Lanes>& s) {
  for (std::size_t half = 1; half < kPoints; half *= 2) {
    for (std::size_t k = 0; k < half; ++k) {
      const float turn_re = weights.turn_re[k * (kPoints / half)];
      const float turn_im = weights.turn_im[k * (kPoints / half)];
      for (std::size_t a = k; a < kPoints; a += 2 * half) {
        const auto b_re = load<Lanes>(s.re[a + half]);
        const auto b_im = load<Lanes>(s.im[a + half]);
        const auto re = b_re * turn_re - b_im * turn_im;
        const auto im = b_re * turn_im + b_im * turn_re;
        const auto a_re = load<Lanes>(s.re[a]);
        const auto a_im = load<Lanes>(s.im[a]);
        store<Lanes>(s.re[a], a_re + re);
        store<Lanes>(s.im[a], a_im + im);
        store<Lanes>(s.re[a + half], a_re - re);
        store<Lanes>(s.im[a + half], a_im - im);
      }
    }
  }
}

/// X[k] = E + turn O, X[128 - k] = conj(E - turn O), with E and O the transforms of the even and
/// the odd samples, out of Z[k] and Z[128 - k].
template <std::size_t Lanes>
void split_powers(const SileroPacked& weights, Spectrum<Lanes>& s) {
  const auto first = load<Lanes>(s.re[0]) + load<Lanes>(s.im[0]);
  const auto last = load<Lanes>(s.re[0]) - load<Lanes>(s.im[0]);
  store<Lanes>(s.power[0], first * first);
  store<Lanes>(s.power[kPoints], last * last);
  for (std::size_t k = 1; k <= kPoints / 2; ++k) {
    const auto z_re = load<Lanes>(s.re[k]);
    const auto z_im = load<Lanes>(s.im[k]);
    const auto y_re = load<Lanes>(s.re[kPoints - k]);
    const auto y_im = load<Lanes>(s.im[kPoints - k]);
    const auto even_re = 0.5F * (z_re + y_re);
    const auto even_im = 0.5F * (z_im - y_im);
    const auto odd_re = 0.5F * (z_im + y_im);
    const auto odd_im = 0.5F * (y_re - z_re);
    const auto re = odd_re * weights.turn_re[k] - odd_im * weights.turn_im[k];
    const auto im = odd_re * weights.turn_im[k] + odd_im * weights.turn_re[k];
    const auto plus_re = even_re + re;
    const auto plus_im = even_im + im;
    const auto minus_re = even_re - re;
    const auto minus_im = even_im - im;
    store<Lanes>(s.power[k], plus_re * plus_re + plus_im * plus_im);
    store<Lanes>(s.power[kPoints - k], minus_re * minus_re + minus_im * minus_im);
  }
}

template <std::size_t Lanes>
void magnitudes(const SileroPacked& weights, SileroScratch& s, std::size_t n) {
  for (std::size_t b = 0; b < n; ++b) {
    float* const samples = s.input[b];
    for (std::size_t i = 0; i < kSileroPadded - kSileroInput; ++i) {
      samples[kSileroInput + i] = samples[kSileroInput - 2 - i];
    }
  }
  Spectrum<Lanes> spectrum{};
  const float* const window = weights.plain.window.data();
  for (std::size_t first = 0; first < kSileroFrames * n; first += Lanes) {
    const std::size_t rest = kSileroFrames * n - first;
    const std::size_t lanes = rest < Lanes ? rest : Lanes;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const std::size_t row = first + lane;  // frame row / n of window row % n
      const float* const samples = s.input[row % n] + row / n * kSileroHop;
      for (std::size_t i = 0; i < kPoints; ++i) {
        const std::size_t to = weights.reversed[i];
        spectrum.re[to][lane] = samples[2 * i] * window[2 * i];
        spectrum.im[to][lane] = samples[2 * i + 1] * window[2 * i + 1];
      }
    }
    butterflies<Lanes>(weights, spectrum);
    split_powers<Lanes>(weights, spectrum);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      float* const row = s.magnitude[first + lane];
      for (std::size_t k = 0; k < kSileroBins; ++k) row[k] = spectrum.power[k][lane];
      for (std::size_t k = 0; k < kSileroBins; ++k) row[k] = __builtin_sqrtf(row[k]);
    }
  }
}

}  // namespace
}  // namespace parley::backend
