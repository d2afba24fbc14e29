// SPDX-License-Identifier: Apache-2.0
//
// What FSMN-VAD hears of a stream: every 10 ms the five log mel rows around it, normalised. Options
// are those of the model's config.yaml (frontend_conf: 16 kHz, 80 mel filters, 25 ms every 10 ms,
// Hamming, no dither, 16-bit numbers, lfr_m 5, lfr_n 1). Where a row has no neighbours, the first
// or the last is repeated (FunASR, runtime/python/onnxruntime, frontend.py).
//
// A row needs the two that follow it: it is complete 45 ms after its own beginning, so two rows are
// given only by `finish`.
//
// Threads: one owner; copy it for another one. Allocates: while its buffers grow.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "backend/onnx/kaldi_cmvn.h"
#include "base/result.h"
#include "dsp/fbank.h"

namespace parley::backend {

inline constexpr std::size_t kFsmnBins = 80;
inline constexpr std::size_t kFsmnSplice = 5;
inline constexpr std::size_t kFsmnInput = kFsmnBins * kFsmnSplice;
inline constexpr std::size_t kFsmnWindow = 400;  // samples
inline constexpr std::size_t kFsmnHop = 160;

/// What is kept of a stream from one piece to the next. A default one is its beginning.
struct FsmnTail {
  std::array<float, kFsmnWindow - 1> samples{};
  std::size_t sample_count = 0;
  std::array<float, kFsmnBins*(kFsmnSplice - 1)> bins{};  // rows before normalisation
  std::size_t row_count = 0;
};

class FsmnFeatures {
 public:
  /// Errors: invalid_argument. REQUIRES: `cmvn` has kFsmnInput dimensions.
  static Result<FsmnFeatures> make(KaldiCmvn cmvn);

  /// Appends the rows that `samples`, in [-1, 1], complete, kFsmnInput floats each.
  void add(std::span<const float> samples, FsmnTail& tail, std::vector<float>& rows);
  /// Appends the rows that the end completes; `tail` is then that of a new stream.
  void finish(FsmnTail& tail, std::vector<float>& rows) const;

 private:
  FsmnFeatures(dsp::Fbank fbank, KaldiCmvn cmvn);
  void splice(std::span<const float> bins, FsmnTail& tail, std::vector<float>& rows) const;

  dsp::Fbank fbank_;
  KaldiCmvn cmvn_;
  std::vector<float> pending_;  // samples of no window yet
};

}  // namespace parley::backend
