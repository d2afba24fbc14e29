// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/fsmn_features.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace parley::backend {
namespace {

constexpr std::size_t kRowsKept = kFsmnSplice - 1;
constexpr std::size_t kRowsAround = kFsmnSplice / 2;  // on each side

}  // namespace

Result<FsmnFeatures> FsmnFeatures::make(KaldiCmvn cmvn) {
  PARLEY_CHECK(cmvn.shift.size() == kFsmnInput && cmvn.scale.size() == kFsmnInput);
  PARLEY_TRY(dsp::Fbank fbank, dsp::Fbank::make({.rate = 16'000,
                                                 .bins = static_cast<int>(kFsmnBins),
                                                 .window_ms = 25.0F,
                                                 .hop_ms = 10.0F,
                                                 .window = dsp::WindowShape::hamming,
                                                 .scale = 32'768.0F}));
  PARLEY_CHECK(fbank.window_samples() == kFsmnWindow && fbank.hop_samples() == kFsmnHop);
  return FsmnFeatures(std::move(fbank), std::move(cmvn));
}

FsmnFeatures::FsmnFeatures(dsp::Fbank fbank, KaldiCmvn cmvn)
    : fbank_(std::move(fbank)), cmvn_(std::move(cmvn)) {}

void FsmnFeatures::add(std::span<const float> samples, FsmnTail& tail, std::vector<float>& rows) {
  const std::span<const float> kept = std::span(tail.samples).first(tail.sample_count);
  pending_.assign(kept.begin(), kept.end());
  pending_.insert(pending_.end(), samples.begin(), samples.end());
  std::array<float, kFsmnBins> bins;
  std::span<const float> rest = pending_;
  for (; rest.size() >= kFsmnWindow; rest = rest.subspan(kFsmnHop)) {
    fbank_.compute(rest.first(kFsmnWindow), bins);
    splice(bins, tail, rows);
  }
  std::copy(rest.begin(), rest.end(), tail.samples.begin());
  tail.sample_count = rest.size();
}

void FsmnFeatures::finish(FsmnTail& tail, std::vector<float>& rows) const {
  if (tail.row_count > 0) {
    std::array<float, kFsmnBins> last;
    std::copy_n(tail.bins.begin() + static_cast<std::ptrdiff_t>((tail.row_count - 1) * kFsmnBins),
                kFsmnBins, last.begin());
    for (std::size_t i = 0; i < kRowsAround; ++i) splice(last, tail, rows);
  }
  tail = {};
}

void FsmnFeatures::splice(std::span<const float> bins, FsmnTail& tail,
                          std::vector<float>& rows) const {
  const auto keep = [&](std::size_t row) {
    std::copy(bins.begin(), bins.end(),
              tail.bins.begin() + static_cast<std::ptrdiff_t>(row * kFsmnBins));
  };
  if (tail.row_count == 0) {
    for (; tail.row_count < kRowsAround; ++tail.row_count) keep(tail.row_count);
  }
  if (tail.row_count < kRowsKept) {
    keep(tail.row_count++);
    return;
  }
  rows.insert(rows.end(), tail.bins.begin(), tail.bins.end());
  rows.insert(rows.end(), bins.begin(), bins.end());
  cmvn_.apply(std::span(rows).last(kFsmnInput));
  std::copy(tail.bins.begin() + kFsmnBins, tail.bins.end(), tail.bins.begin());
  keep(kRowsKept - 1);
}

}  // namespace parley::backend
