// SPDX-License-Identifier: Apache-2.0
#include "operators/features/make_features.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "dsp/fbank.h"
#include "dsp/mfcc.h"
#include "dsp/whisper_log_mel.h"
#include "operators/features/feature_operator.h"

namespace parley::operators {
namespace {

template <typename Kernel>
std::unique_ptr<graph::Operator> make_operator(const FeatureOperator::Shape& shape, Kernel kernel,
                                               media::BufferPool& buffers) {
  return std::make_unique<FeatureOperator>(shape, feature_kernel(std::move(kernel)), buffers);
}

/// What a model that computes its own features wants.
class PlainWindows {
 public:
  PlainWindows(std::size_t window, std::size_t hop) : window_(window), hop_(hop) {}
  [[nodiscard]] std::size_t window_samples() const noexcept { return window_; }
  [[nodiscard]] std::size_t hop_samples() const noexcept { return hop_; }
  [[nodiscard]] std::size_t dimensions() const noexcept { return window_; }
  static void compute(std::span<const float> window, std::span<float> row) noexcept {
    std::copy(window.begin(), window.end(), row.begin());
  }

 private:
  std::size_t window_;
  std::size_t hop_;
};

}  // namespace

Result<std::unique_ptr<graph::Operator>> make_filter_bank(const FilterBankOptions& options,
                                                          media::BufferPool& buffers) {
  PARLEY_TRY(dsp::Fbank fbank, dsp::Fbank::make({.rate = options.rate_hz,
                                                 .bins = options.bins,
                                                 .window_ms = options.window_ms,
                                                 .hop_ms = options.hop_ms,
                                                 .window = options.window,
                                                 .low_hz = options.low_hz,
                                                 .high_hz = options.high_hz,
                                                 .scale = options.scale,
                                                 .log = options.log}));
  return make_operator({.rate_hz = options.rate_hz, .edge = options.edge, .rows = options.rows},
                       std::move(fbank), buffers);
}

Result<std::unique_ptr<graph::Operator>> make_log_mel(const LogMelOptions& options,
                                                      media::BufferPool& buffers) {
  if (options.convention == LogMelConvention::kaldi) {
    return make_filter_bank({.bins = options.bins, .rows = options.rows}, buffers);
  }
  PARLEY_TRY(dsp::WhisperLogMel mel, dsp::WhisperLogMel::make(options.bins));
  return make_operator({.rate_hz = dsp::WhisperLogMel::kRate,
                        .edge = dsp::WindowEdge::centred,
                        .rows = options.rows,
                        .level = options.level},
                       std::move(mel), buffers);
}

Result<std::unique_ptr<graph::Operator>> make_mfcc(const MfccOperatorOptions& options,
                                                   media::BufferPool& buffers) {
  PARLEY_TRY(dsp::Mfcc mfcc, dsp::Mfcc::make({.fbank = {.rate = options.rate_hz,
                                                        .bins = options.bins,
                                                        .low_hz = options.low_hz,
                                                        .high_hz = options.high_hz,
                                                        .scale = options.scale},
                                              .coefficients = options.coefficients,
                                              .lifter = options.lifter}));
  return make_operator({.rate_hz = options.rate_hz,
                        .edge = options.edge,
                        .rows = options.rows,
                        .deltas = options.deltas},
                       std::move(mfcc), buffers);
}

Result<std::unique_ptr<graph::Operator>> make_windows(const WindowsOptions& options,
                                                      media::BufferPool& buffers) {
  if (options.hop < 1 || options.window < options.hop || options.window > kWindowSamplesMax) {
    return Error{ErrorCode::invalid_argument, "windows of " + std::to_string(options.window) +
                                                  " samples every " + std::to_string(options.hop) +
                                                  "; give 1 <= hop <= window"};
  }
  return make_operator(
      {.rate_hz = options.rate_hz},
      PlainWindows(static_cast<std::size_t>(options.window), static_cast<std::size_t>(options.hop)),
      buffers);
}

}  // namespace parley::operators
