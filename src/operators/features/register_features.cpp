// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "dsp/mel_filter_bank.h"
#include "operators/features/feature_operator.h"
#include "operators/features/make_features.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

constexpr int kRateMin = 8'000;  // Hz
constexpr int kRateMax = 48'000;
constexpr const char* kRowsHelp = "Rows of a frame; the last frame of a stretch may have fewer";
constexpr const char* kScaleHelp =
    "What samples in [-1, 1] are multiplied by; 32768 for models "
    "trained on 16-bit numbers";

template <typename Options>
void add_edge(graph::OptionTable<Options>& table) {
  table.choice("edge", &Options::edge,
               {{"snip", dsp::WindowEdge::snip},
                {"kaldi", dsp::WindowEdge::kaldi},
                {"centred", dsp::WindowEdge::centred}},
               "Where windows lie: whole ones only, Kaldi's mirrored edges, centred as in Whisper");
}

graph::OptionTable<FilterBankOptions> filter_bank_options() {
  using Options = FilterBankOptions;
  graph::OptionTable<Options> table;
  table.whole("rate_hz", &Options::rate_hz, kRateMin, kRateMax, "Sample rate of the audio")
      .whole("bins", &Options::bins, 1, dsp::MelFilterBank::kBinsMax, "Mel filters")
      .number("window_ms", &Options::window_ms, 1.0F, 1000.0F, "Length of a window")
      .number("hop_ms", &Options::hop_ms, 0.5F, 1000.0F, "From one window to the next")
      .choice("window", &Options::window,
              {{"povey", dsp::WindowShape::povey},
               {"hamming", dsp::WindowShape::hamming},
               {"hann", dsp::WindowShape::hann},
               {"rectangular", dsp::WindowShape::rectangular}},
              "Shape of a window");
  add_edge(table);
  table.number("low_hz", &Options::low_hz, 0.0F, 24'000.0F, "Lower end of the lowest filter")
      .number("high_hz", &Options::high_hz, -24'000.0F, 24'000.0F,
              "Upper end of the highest; 0 or less: counted from half the sample rate")
      .number("scale", &Options::scale, 1e-6F, 1e6F, kScaleHelp)
      .flag("log", &Options::log, "Natural logarithm of the powers")
      .whole("rows", &Options::rows, 1, FeatureOperator::kRowsMax, kRowsHelp);
  return table;
}

graph::OptionTable<LogMelOptions> log_mel_options() {
  using Options = LogMelOptions;
  graph::OptionTable<Options> table;
  table
      .choice("convention", &Options::convention,
              {{"whisper", LogMelConvention::whisper}, {"kaldi", LogMelConvention::kaldi}},
              "Whose log mel features")
      .whole("bins", &Options::bins, 1, dsp::MelFilterBank::kBinsMax, "Mel filters")
      .whole("rows", &Options::rows, 1, FeatureOperator::kRowsMax, kRowsHelp)
      .flag("level", &Options::level, "Whisper's levelling, over the rows of each frame");
  return table;
}

graph::OptionTable<MfccOperatorOptions> mfcc_options() {
  using Options = MfccOperatorOptions;
  graph::OptionTable<Options> table;
  table.whole("rate_hz", &Options::rate_hz, kRateMin, kRateMax, "Sample rate of the audio")
      .whole("bins", &Options::bins, 1, dsp::MelFilterBank::kBinsMax, "Mel filters")
      .whole("coefficients", &Options::coefficients, 1, dsp::MelFilterBank::kBinsMax,
             "Cepstral coefficients, at most as many as filters")
      .number("lifter", &Options::lifter, 0.0F, 100.0F, "Lifter; 0: none")
      .number("low_hz", &Options::low_hz, 0.0F, 24'000.0F, "Lower end of the lowest filter")
      .number("high_hz", &Options::high_hz, -24'000.0F, 24'000.0F,
              "Upper end of the highest; 0 or less: counted from half the sample rate")
      .number("scale", &Options::scale, 1e-6F, 1e6F, kScaleHelp);
  add_edge(table);
  table.flag("deltas", &Options::deltas, "Append first and second differences")
      .whole("rows", &Options::rows, 1, FeatureOperator::kRowsMax, kRowsHelp);
  return table;
}

graph::OptionTable<WindowsOptions> windows_options() {
  using Options = WindowsOptions;
  graph::OptionTable<Options> table;
  table.whole("rate_hz", &Options::rate_hz, kRateMin, kRateMax, "Sample rate of the audio")
      .whole("window", &Options::window, 1, kWindowSamplesMax, "Samples of a window")
      .whole("hop", &Options::hop, 1, kWindowSamplesMax, "Samples from one window to the next");
  return table;
}

}  // namespace

void register_feature_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  media::BufferPool* const buffers = &bindings.buffers;
  registry.add(
      "filter_bank", "Kaldi's log mel filter bank", filter_bank_options(),
      [buffers](const FilterBankOptions& options) { return make_filter_bank(options, *buffers); });
  registry.add("log_mel", "Log mel features of Whisper, or of Kaldi", log_mel_options(),
               [buffers](const LogMelOptions& options) { return make_log_mel(options, *buffers); });
  registry.add(
      "mfcc", "Mel frequency cepstral coefficients with delta and delta-delta", mfcc_options(),
      [buffers](const MfccOperatorOptions& options) { return make_mfcc(options, *buffers); });
  registry.add(
      "windows", "Samples in overlapping windows, as tensors", windows_options(),
      [buffers](const WindowsOptions& options) { return make_windows(options, *buffers); });
}

}  // namespace parley::operators
