// SPDX-License-Identifier: Apache-2.0
//
// Vectors of `Lanes` floats, and the functions of them that our own kernels need; see
// silero/kernel_body.h for why all of it is in an unnamed namespace.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::backend {
namespace {

template <std::size_t Lanes>
struct Simd {
  typedef float Vec __attribute__((vector_size(Lanes * sizeof(float))));
  typedef std::int32_t Int __attribute__((vector_size(Lanes * sizeof(float))));
  typedef float Loose
      __attribute__((vector_size(Lanes * sizeof(float)), aligned(sizeof(float)), may_alias));
};

template <std::size_t Lanes>
inline typename Simd<Lanes>::Vec load(const float* from) {
  return *reinterpret_cast<const typename Simd<Lanes>::Loose*>(from);
}
template <std::size_t Lanes>
inline void store(float* to, typename Simd<Lanes>::Vec value) {
  *reinterpret_cast<typename Simd<Lanes>::Loose*>(to) = value;
}
template <std::size_t Lanes>
inline typename Simd<Lanes>::Vec broadcast(float value) {
  return value - typename Simd<Lanes>::Vec{};
}
template <std::size_t Lanes>
inline typename Simd<Lanes>::Vec relu(typename Simd<Lanes>::Vec x) {
  return x > 0.0F ? x : broadcast<Lanes>(0.0F);
}

/// e^x to 2 units in the last place for -87 <= x <= 88, the ends beyond. 2^n times a polynomial of
/// what is left (Cephes, expf.c: coefficients of a minimax approximation on ± ln 2 / 2).
template <std::size_t Lanes>
inline typename Simd<Lanes>::Vec exponential(typename Simd<Lanes>::Vec x) {
  using V = typename Simd<Lanes>::Vec;
  using I = typename Simd<Lanes>::Int;
  x = x > 88.0F ? broadcast<Lanes>(88.0F) : x;
  x = x < -87.0F ? broadcast<Lanes>(-87.0F) : x;
  // Adding 1.5 × 2^23 rounds to a whole number, which then stands in the lowest bits.
  constexpr float kRound = 12'582'912.0F;
  const V shifted = x * 1.44269504F + kRound;
  const V n = shifted - kRound;
  const V r = x - n * 0.693359375F + n * 2.12194440e-4F;  // ln 2 in two parts
  V p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  constexpr std::int32_t kOne = 0x3F80'0000;  // 1.0F
  const I scale = (reinterpret_cast<I>(shifted) << 23) + kOne;
  return p * reinterpret_cast<V>(scale);
}

template <std::size_t Lanes>
inline typename Simd<Lanes>::Vec sigmoid(typename Simd<Lanes>::Vec x) {
  return 1.0F / (1.0F + exponential<Lanes>(-x));
}
template <std::size_t Lanes>
inline typename Simd<Lanes>::Vec hyperbolic_tangent(typename Simd<Lanes>::Vec x) {
  return 2.0F / (1.0F + exponential<Lanes>(-2.0F * x)) - 1.0F;
}

}  // namespace
}  // namespace parley::backend
