// SPDX-License-Identifier: Apache-2.0
#include "backend/silero/silero_kernel.h"

#include <cmath>
#include <numbers>

#include "base/check.h"

namespace parley::backend {

// Each in a file of its own, with compiler options of its own.
extern const SileroKernel kSileroPortable;
#ifdef PARLEY_X86_KERNELS
extern const SileroKernel kSileroAvx2;
extern const SileroKernel kSileroAvx512;
#endif

namespace {

/// `value(to, tap, from)`, for the taps in [first, first + taps).
template <typename Value>
std::vector<CacheLine> pack(std::size_t to, std::size_t first, std::size_t taps, std::size_t from,
                            std::size_t panel, Value value) {
  PARLEY_CHECK(to % panel == 0 && to * taps * from % 16 == 0);
  std::vector<CacheLine> lines(to * taps * from / 16);
  std::size_t at = 0;
  for (std::size_t begin = 0; begin < to; begin += panel) {
    for (std::size_t tap = first; tap < first + taps; ++tap) {
      for (std::size_t i = 0; i < from; ++i) {
        for (std::size_t o = begin; o < begin + panel; ++o, ++at) {
          lines[at / 16].values[at % 16] = value(o, tap, i);
        }
      }
    }
  }
  return lines;
}

std::vector<CacheLine> pack_layer(const SileroLayer& layer, std::size_t first, std::size_t taps,
                                  std::size_t panel) {
  return pack(layer.to, first, taps, layer.from, panel,
              [&](std::size_t o, std::size_t tap, std::size_t i) {
                return layer.weights[(o * layer.from + i) * kSileroTaps + tap];
              });
}

}  // namespace

SileroPacked::SileroPacked(const SileroWeights& weights, std::size_t panel) {
  encoder[0] = pack_layer(weights.encoder[0], 0, 3, panel);
  encoder[1] = pack_layer(weights.encoder[1], 0, 3, panel);
  encoder[2] = pack_layer(weights.encoder[2], 1, 2, panel);
  encoder[3] = pack_layer(weights.encoder[3], 1, 1, panel);
  gates = pack(
      kSileroGates, 0, 1, 2 * kSileroHidden, panel, [&](std::size_t o, std::size_t, std::size_t i) {
        return i < kSileroHidden ? weights.input_weights[o * kSileroHidden + i]
                                 : weights.hidden_weights[o * kSileroHidden + i - kSileroHidden];
      });
  plain.window = weights.window;
  plain.gate_bias = weights.gate_bias;
  plain.out_weights = weights.out_weights;
  plain.out_bias = weights.out_bias;
  for (std::size_t i = 0; i < std::size(plain.encoder); ++i) {
    plain.encoder[i].bias = weights.encoder[i].bias;
  }

  constexpr std::size_t kPoints = kSileroFrame / 2;
  for (std::size_t i = 1; i < kPoints; ++i) {
    reversed[i] = reversed[i / 2] / 2 + (i % 2) * (kPoints / 2);
  }
  for (std::size_t k = 0; k < kPoints; ++k) {
    const double angle = -2.0 * std::numbers::pi * static_cast<double>(k) / kSileroFrame;
    turn_re[k] = static_cast<float>(std::cos(angle));
    turn_im[k] = static_cast<float>(std::sin(angle));
  }
}

std::span<const SileroKernel> silero_kernels() {
  static const std::vector<SileroKernel> kernels = [] {
    std::vector<SileroKernel> usable;
#ifdef PARLEY_X86_KERNELS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma")) {
      usable.push_back(kSileroAvx512);
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      usable.push_back(kSileroAvx2);
    }
#endif
    usable.push_back(kSileroPortable);
    return usable;
  }();
  return kernels;
}

}  // namespace parley::backend
