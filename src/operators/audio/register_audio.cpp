// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "operators/audio/decode_operator.h"
#include "operators/audio/denoise_operator.h"
#include "operators/audio/echo_operator.h"
#include "operators/audio/echo_references.h"
#include "operators/audio/gain_operator.h"
#include "operators/audio/resample_operator.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

constexpr int kSpeexRateMin = 8'000;  // Hz; of denoiser and echo canceller
constexpr int kSpeexRateMax = 48'000;

struct ResampleOptions {
  int rate_hz = 16'000;
};

struct EchoFileOptions {
  int rate_hz = 16'000;
  int tail_ms = 200;
  bool suppress = true;
  std::string reference = {};
};

void register_clean_speech(graph::Registry& registry, const OperatorBindings& bindings) {
  using Denoise = DenoiseOperator::Options;
  registry.add(
      "gain", "Louder or softer, and by control while it runs",
      graph::OptionTable<GainOperator::Options>().number("gain_db", &GainOperator::Options::gain_db,
                                                         GainOperator::kGainMinDb,
                                                         GainOperator::kGainMaxDb, "Decibels"),
      [](GainOperator::Options options) { return std::make_unique<GainOperator>(options); });
  registry.add("denoise", "Takes steady noise out of speech",
               graph::OptionTable<Denoise>()
                   .whole("rate_hz", &Denoise::rate_hz, kSpeexRateMin, kSpeexRateMax,
                          "Sample rate of the audio")
                   .whole("suppress_db", &Denoise::suppress_db, 1, dsp::Denoiser::kSuppressMaxDb,
                          "How far noise is turned down at most"),
               [buffers = &bindings.buffers](Denoise options) {
                 return DenoiseOperator::make(options, *buffers);
               });
  registry.add(
      "echo_cancel", "Takes what the loudspeaker says out of the microphone",
      graph::OptionTable<EchoFileOptions>()
          .whole("rate_hz", &EchoFileOptions::rate_hz, kSpeexRateMin, kSpeexRateMax,
                 "Sample rate of the microphone")
          .whole("tail_ms", &EchoFileOptions::tail_ms, dsp::EchoCanceller::kTailMinMs,
                 dsp::EchoCanceller::kTailMaxMs, "Longest way from loudspeaker to microphone")
          .flag("suppress", &EchoFileOptions::suppress, "Turn down what the filter leaves, too")
          .text("reference", &EchoFileOptions::reference,
                "Name of the echo reference that a speaker node fills; empty: the port"),
      [buffers = &bindings.buffers, references = bindings.echo_references](
          const EchoFileOptions& options) -> Result<std::unique_ptr<EchoOperator>> {
        EchoReference* reference = nullptr;
        if (!options.reference.empty()) {
          if (references == nullptr) return not_bound("a place for echo references");
          PARLEY_TRY(reference, references->get(options.reference, options.rate_hz));
        }
        return EchoOperator::make(
            {.rate_hz = options.rate_hz, .tail_ms = options.tail_ms, .suppress = options.suppress},
            reference, *buffers);
      });
}

}  // namespace

void register_audio_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  media::BufferPool* const buffers = &bindings.buffers;
  registry.add("decode", "Wire bytes to float32 samples", graph::OptionTable<graph::NoOptions>(),
               [buffers](graph::NoOptions) { return std::make_unique<DecodeOperator>(*buffers); });
  registry.add("resample", "Any sample rate to one",
               graph::OptionTable<ResampleOptions>().whole(
                   "rate_hz", &ResampleOptions::rate_hz, dsp::Resampler::kRateMin,
                   dsp::Resampler::kRateMax, "The rate that comes out"),
               [buffers](ResampleOptions options) {
                 return std::make_unique<ResampleOperator>(options.rate_hz, *buffers);
               });
  register_clean_speech(registry, bindings);
}

}  // namespace parley::operators
