// SPDX-License-Identifier: Apache-2.0
//
// The feature operators by name: what each model's front end is called, and its options.
//
//   filter_bank   Kaldi's log mel filter bank, as FunASR and sherpa-onnx compute it (dsp/fbank.h)
//   log_mel       Whisper's, or Kaldi's by `convention` (dsp/whisper_log_mel.h)
//   windows       the samples themselves, for models that take them (Silero: window 576, hop 512)
//   mfcc          40 coefficients, with delta and delta-delta (dsp/mfcc.h, dsp/deltas.h)
//
// Threads: control path. Allocates.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "dsp/window_cutter.h"
#include "dsp/window_shape.h"
#include "graph/operator.h"
#include "media/buffer_pool.h"

namespace parley::operators {

struct FilterBankOptions {
  int rate_hz = 16'000;
  int bins = 80;
  float window_ms = 25.0F;
  float hop_ms = 10.0F;
  dsp::WindowShape window = dsp::WindowShape::povey;
  dsp::WindowEdge edge = dsp::WindowEdge::snip;
  float low_hz = 20.0F;
  float high_hz = 0.0F;  // 0 or less: counted from the Nyquist frequency
  float scale = 1.0F;    // 32768 for models trained on 16-bit numbers
  bool log = true;
  int rows = 1;
};

enum class LogMelConvention : std::uint8_t { whisper, kaldi };

struct LogMelOptions {
  LogMelConvention convention = LogMelConvention::whisper;
  int bins = 80;
  int rows = 1;
  bool level = false;  // Whisper's levelling, over each frame's rows
};

struct MfccOperatorOptions {
  int rate_hz = 16'000;
  int bins = 40;
  int coefficients = 40;
  float lifter = 22.0F;
  float low_hz = 20.0F;
  float high_hz = -400.0F;
  float scale = 32'768.0F;
  dsp::WindowEdge edge = dsp::WindowEdge::snip;
  bool deltas = true;
  int rows = 1;
};

inline constexpr int kWindowSamplesMax = 480'000;  // 10 s at 48 kHz

struct WindowsOptions {
  int rate_hz = 16'000;
  int window = 512;  // samples, at most kWindowSamplesMax
  int hop = 512;     // at most `window`
};

/// Errors of each: invalid_argument.
Result<std::unique_ptr<graph::Operator>> make_filter_bank(const FilterBankOptions& options,
                                                          media::BufferPool& buffers);
Result<std::unique_ptr<graph::Operator>> make_log_mel(const LogMelOptions& options,
                                                      media::BufferPool& buffers);
Result<std::unique_ptr<graph::Operator>> make_mfcc(const MfccOperatorOptions& options,
                                                   media::BufferPool& buffers);

Result<std::unique_ptr<graph::Operator>> make_windows(const WindowsOptions& options,
                                                      media::BufferPool& buffers);

}  // namespace parley::operators
