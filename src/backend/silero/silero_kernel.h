// SPDX-License-Identifier: Apache-2.0
//
// One step of the network for some windows at a time, compiled for several instruction sets; the
// program runs on any x86-64-v2 or other machine and takes the widest that this one has.
//
// Each number is the sum of the same products in the same order whatever the batch, so a window's
// result does not depend on its company, bit for bit. AVX2 and AVX-512 agree bit for bit too; the
// portable kernel, where the compiler may have no fused multiply-add, within rounding.
//
// Threads: immutable; each call has a scratch of its own.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "backend/silero/silero_weights.h"

namespace parley::backend {

inline constexpr std::size_t kSileroBatch = 16;  // windows at a time; from 4 on one costs the same
inline constexpr std::size_t kSileroInput = 576;
inline constexpr std::size_t kSileroPadded = 640;
inline constexpr std::size_t kSileroFrames = 4;  // of one window

/// 64 bytes at their own alignment: no load of a vector crosses a cache line.
struct alignas(64) CacheLine {
  std::array<float, 16> values{};
};

/// The weights as a kernel reads them: one after the other.
struct SileroPacked {
  SileroPacked(const SileroWeights& weights, std::size_t panel);

  /// [panel of outputs][tap][input][output in the panel]; taps that only see padding are left out.
  std::vector<CacheLine> encoder[4];
  std::vector<CacheLine> gates;  // the same with the input's 128 and the hidden 128 as inputs
  SileroWeights plain;           // window, biases, out_*: the rest is empty

  // Of the transform of 128 complex points, radix 2 in place.
  std::array<std::size_t, kSileroFrame / 2> reversed{};
  std::array<float, kSileroFrame / 2> turn_re{};  // e^(-2 pi i k / 256), k < 128
  std::array<float, kSileroFrame / 2> turn_im{};
};

/// What a batch reads and writes. Rows of layers: all windows at frame 0, all at frame 1, …
struct alignas(64) SileroScratch {
  static constexpr std::size_t kBinsRow = 144;  // 129, up to a whole number of lines

  // in
  float input[kSileroBatch][kSileroPadded];   // 576 of them; the kernel appends the reflection
  float cell[kSileroBatch][kSileroHidden];    // in, out
  float hidden[kSileroBatch][kSileroHidden];  // in, out
  // out
  float probability[kSileroBatch];

  float magnitude[kSileroFrames * kSileroBatch][kBinsRow];
  float layer0[4 * kSileroBatch][128];
  float layer1[2 * kSileroBatch][64];
  float layer2[kSileroBatch][64];
  float step[kSileroBatch][2 * kSileroHidden];  // the LSTM's input and its last hidden state
  float gate[kSileroBatch][kSileroGates];
};

struct SileroKernel {
  const char* name;
  std::size_t panel;  // outputs that it computes side by side
  void (*run)(const SileroPacked& weights, SileroScratch& scratch, std::size_t count) noexcept;
};

/// Those that this machine can run, the fastest first; never empty.
[[nodiscard]] std::span<const SileroKernel> silero_kernels();

}  // namespace parley::backend
