// SPDX-License-Identifier: Apache-2.0
//
// The network's step over vectors of `Lanes` floats (GCC's and clang's vector types), included by
// one file per instruction set. Everything is in an unnamed namespace, and nothing of the standard
// library is called: a function that the linker shared between those files could be the one that
// this machine cannot run.
//
// The products: weights in panels of 2 × Lanes outputs, and up to `Columns` columns (a window at a
// frame) whose sums stay in registers while one pass over the inputs is made. A row of a layer
// holds one column's values, so a weight vector is loaded once per pass and each input is
// broadcast. (Goto, van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS
// 34(3), 2008.)
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/kernel_math.h"
#include "backend/silero/silero_kernel.h"

namespace parley::backend {
namespace {

/// y[c][0 … 2 Lanes) += sum over i of w[i][…] × x[c][i], for C columns.
template <std::size_t Lanes, std::size_t C, std::size_t XRow, std::size_t YRow>
void multiply_block(const float* w, std::size_t inputs, const float* x, float* y) {
  using V = typename Simd<Lanes>::Vec;
  V low[C];
  V high[C];
#pragma GCC unroll 16
  for (std::size_t c = 0; c < C; ++c) {
    low[c] = load<Lanes>(y + c * YRow);
    high[c] = load<Lanes>(y + c * YRow + Lanes);
  }
  for (std::size_t i = 0; i < inputs; ++i) {
    const V w_low = load<Lanes>(w + i * 2 * Lanes);
    const V w_high = load<Lanes>(w + i * 2 * Lanes + Lanes);
#pragma GCC unroll 16
    for (std::size_t c = 0; c < C; ++c) {
      const V value = broadcast<Lanes>(x[c * XRow + i]);
      low[c] += w_low * value;
      high[c] += w_high * value;
    }
  }
#pragma GCC unroll 16
  for (std::size_t c = 0; c < C; ++c) {
    store<Lanes>(y + c * YRow, low[c]);
    store<Lanes>(y + c * YRow + Lanes, high[c]);
  }
}

template <std::size_t Lanes, std::size_t C, std::size_t XRow, std::size_t YRow>
void multiply_last(const float* w, std::size_t inputs, const float* x, float* y,
                   std::size_t columns) {
  if (columns == C) {
    multiply_block<Lanes, C, XRow, YRow>(w, inputs, x, y);
  } else if constexpr (C > 1) {
    multiply_last<Lanes, C - 1, XRow, YRow>(w, inputs, x, y, columns);
  }
}

/// The same for any number of columns, in blocks of about the same size.
template <std::size_t Lanes, std::size_t Columns, std::size_t XRow, std::size_t YRow>
void multiply(const float* w, std::size_t inputs, const float* x, float* y, std::size_t columns) {
  for (std::size_t blocks = (columns + Columns - 1) / Columns; blocks > 0; --blocks) {
    const std::size_t size = (columns + blocks - 1) / blocks;
    multiply_last<Lanes, Columns, XRow, YRow>(w, inputs, x, y, size);
    x += size * XRow;
    y += size * YRow;
    columns -= size;
  }
}

template <std::size_t Lanes, std::size_t YRow>
void begin_panel(const float* bias, float* y, std::size_t rows) {
  for (std::size_t r = 0; r < rows; ++r) {
    store<Lanes>(y + r * YRow, load<Lanes>(bias));
    store<Lanes>(y + r * YRow + Lanes, load<Lanes>(bias + Lanes));
  }
}

template <std::size_t Lanes, std::size_t YRow>
void finish_panel(float* y, std::size_t rows) {
  for (std::size_t r = 0; r < rows; ++r) {
    store<Lanes>(y + r * YRow, relu<Lanes>(load<Lanes>(y + r * YRow)));
    store<Lanes>(y + r * YRow + Lanes, relu<Lanes>(load<Lanes>(y + r * YRow + Lanes)));
  }
}

template <std::size_t Lanes, std::size_t Columns>
void encode(const SileroPacked& weights, SileroScratch& s, std::size_t n) {
  constexpr std::size_t kPanel = 2 * Lanes;
  constexpr std::size_t kBinsRow = SileroScratch::kBinsRow;
  constexpr std::size_t kWide = 128;
  constexpr std::size_t kNarrow = 64;
  constexpr std::size_t kStep = 2 * kSileroHidden;
  const float* w = weights.encoder[0].data()->values.data();
  for (std::size_t o = 0; o < kWide; o += kPanel, w += kSileroTaps * kSileroBins * kPanel) {
    float* const y = s.layer0[0] + o;
    begin_panel<Lanes, kWide>(weights.plain.encoder[0].bias.data() + o, y, 4 * n);
    // Frame t sees t - 1, t, t + 1; there is nothing before the first and after the last.
    multiply<Lanes, Columns, kBinsRow, kWide>(w, kSileroBins, s.magnitude[0], y + n * kWide, 3 * n);
    multiply<Lanes, Columns, kBinsRow, kWide>(w + kSileroBins * kPanel, kSileroBins, s.magnitude[0],
                                              y, 4 * n);
    multiply<Lanes, Columns, kBinsRow, kWide>(w + (kSileroTaps - 1) * kSileroBins * kPanel,
                                              kSileroBins, s.magnitude[n], y, 3 * n);
    finish_panel<Lanes, kWide>(y, 4 * n);
  }
  w = weights.encoder[1].data()->values.data();
  for (std::size_t o = 0; o < kNarrow; o += kPanel, w += kSileroTaps * kWide * kPanel) {
    float* const y = s.layer1[0] + o;
    begin_panel<Lanes, kNarrow>(weights.plain.encoder[1].bias.data() + o, y, 2 * n);
    // Frames 0 and 2 of four.
    multiply<Lanes, Columns, kWide, kNarrow>(w, kWide, s.layer0[n], y + n * kNarrow, n);
    multiply<Lanes, Columns, kWide, kNarrow>(w + kWide * kPanel, kWide, s.layer0[0], y, n);
    multiply<Lanes, Columns, kWide, kNarrow>(w + kWide * kPanel, kWide, s.layer0[2 * n],
                                             y + n * kNarrow, n);
    multiply<Lanes, Columns, kWide, kNarrow>(w + (kSileroTaps - 1) * kWide * kPanel, kWide,
                                             s.layer0[n], y, n);
    multiply<Lanes, Columns, kWide, kNarrow>(w + (kSileroTaps - 1) * kWide * kPanel, kWide,
                                             s.layer0[3 * n], y + n * kNarrow, n);
    finish_panel<Lanes, kNarrow>(y, 2 * n);
  }
  w = weights.encoder[2].data()->values.data();
  for (std::size_t o = 0; o < kNarrow; o += kPanel, w += (kSileroTaps - 1) * kNarrow * kPanel) {
    float* const y = s.layer2[0] + o;
    begin_panel<Lanes, kNarrow>(weights.plain.encoder[2].bias.data() + o, y, n);
    multiply<Lanes, Columns, kNarrow, kNarrow>(w, kNarrow, s.layer1[0], y, n);
    multiply<Lanes, Columns, kNarrow, kNarrow>(w + kNarrow * kPanel, kNarrow, s.layer1[n], y, n);
    finish_panel<Lanes, kNarrow>(y, n);
  }
  w = weights.encoder[3].data()->values.data();
  for (std::size_t o = 0; o < kWide; o += kPanel, w += kNarrow * kPanel) {
    float* const y = s.step[0] + o;
    begin_panel<Lanes, kStep>(weights.plain.encoder[3].bias.data() + o, y, n);
    multiply<Lanes, Columns, kNarrow, kStep>(w, kNarrow, s.layer2[0], y, n);
    finish_panel<Lanes, kStep>(y, n);
  }
}

/// One step of the LSTM (Hochreiter, Schmidhuber, 1997, with a forget gate), then the output.
template <std::size_t Lanes, std::size_t Columns>
void decode(const SileroPacked& weights, SileroScratch& s, std::size_t n) {
  constexpr std::size_t kPanel = 2 * Lanes;
  constexpr std::size_t kStep = 2 * kSileroHidden;
  for (std::size_t b = 0; b < n; ++b) {
    for (std::size_t i = 0; i < kSileroHidden; ++i) s.step[b][kSileroHidden + i] = s.hidden[b][i];
  }
  const float* w = weights.gates.data()->values.data();
  for (std::size_t o = 0; o < kSileroGates; o += kPanel, w += kStep * kPanel) {
    begin_panel<Lanes, kSileroGates>(weights.plain.gate_bias.data() + o, s.gate[0] + o, n);
    multiply<Lanes, Columns, kStep, kSileroGates>(w, kStep, s.step[0], s.gate[0] + o, n);
  }
  for (std::size_t b = 0; b < n; ++b) {
    const float* const gate = s.gate[b];
    for (std::size_t i = 0; i < kSileroHidden; i += Lanes) {
      const auto keep = sigmoid<Lanes>(load<Lanes>(gate + kSileroHidden + i));
      const auto cell = keep * load<Lanes>(s.cell[b] + i) +
                        sigmoid<Lanes>(load<Lanes>(gate + i)) *
                            hyperbolic_tangent<Lanes>(load<Lanes>(gate + 2 * kSileroHidden + i));
      store<Lanes>(s.cell[b] + i, cell);
      store<Lanes>(s.hidden[b] + i, sigmoid<Lanes>(load<Lanes>(gate + 3 * kSileroHidden + i)) *
                                        hyperbolic_tangent<Lanes>(cell));
    }
    // 16 partial sums in every instruction set, so that all of them add in the same order.
    float part[16] = {};
    for (std::size_t i = 0; i < kSileroHidden; ++i) {
      const float value = s.hidden[b][i] > 0.0F ? s.hidden[b][i] : 0.0F;
      part[i % 16] += weights.plain.out_weights[i] * value;
    }
    float sum = weights.plain.out_bias;
    for (const float one : part) sum += one;
    s.probability[b] = sigmoid<Lanes>(broadcast<Lanes>(sum))[0];
  }
}

}  // namespace
}  // namespace parley::backend
