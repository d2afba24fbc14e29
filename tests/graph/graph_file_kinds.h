// SPDX-License-Identifier: Apache-2.0
//
// Kinds of operators for the tests of graph files: they do nothing but have ports and options.
#pragma once

#include <memory>
#include <string>

#include "graph/port.h"
#include "graph/registry.h"

namespace parley::graph::test {

class IdleKind : public Operator {
 public:
  Result<Progress> process(ProcessContext& /*context*/) override { return Progress::finished; }
};

struct MicOptions {
  int rate_hz = 16'000;
  std::string device;
};
class Mic final : public IdleKind {
 public:
  explicit Mic(const MicOptions& options) : audio_(*this, "audio", {.rate_hz = options.rate_hz}) {}

 private:
  Out<media::AudioFrame> audio_;
};

class Gain final : public IdleKind {
 private:
  In<media::AudioFrame> in_{*this, "audio"};
  Out<media::AudioFrame> out_{*this, "audio", {.format_of = &in_}};
};

class Resample final : public IdleKind {
 public:
  explicit Resample(const MicOptions& options)
      : out_(*this, "audio", {.rate_hz = options.rate_hz}) {}

 private:
  In<media::AudioFrame> in_{*this, "audio"};
  Out<media::AudioFrame> out_;
};

struct VadOptions {
  float threshold = 0.5F;
};
class Vad final : public IdleKind {
 private:
  In<media::AudioFrame> audio_{*this, "audio", {.rate_hz = 16'000, .channels = 1}};
  Out<media::SpeechEvent> speech_{*this, "speech"};
};

class Printer final : public IdleKind {
 private:
  In<media::SpeechEvent> speech_{*this, "speech"};
};

struct ModelOptions {
  std::string path;
};

inline Registry make_test_registry() {
  Registry registry;
  registry.add("mic", "Hears",
               OptionTable<MicOptions>()
                   .whole("rate_hz", &MicOptions::rate_hz, 8'000, 48'000)
                   .text("device", &MicOptions::device),
               [](const MicOptions& options) { return std::make_unique<Mic>(options); });
  struct GainOptions {
    float gain_db = 0.0F;
  };
  registry.add("gain", "Louder or softer",
               OptionTable<GainOptions>().number("gain_db", &GainOptions::gain_db, -120.0F, 60.0F),
               [](GainOptions) { return std::make_unique<Gain>(); });
  registry.add("resample", "Any rate to one",
               OptionTable<MicOptions>().whole("rate_hz", &MicOptions::rate_hz, 8'000, 48'000),
               [](const MicOptions& options) { return std::make_unique<Resample>(options); });
  registry.add("vad", "Speech or not",
               OptionTable<VadOptions>().number("threshold", &VadOptions::threshold, 0.0F, 1.0F),
               [](VadOptions) { return std::make_unique<Vad>(); });
  registry.add("printer", "Prints", OptionTable<NoOptions>(),
               [](NoOptions) { return std::make_unique<Printer>(); });
  registry.add(
      "model", "Needs a file",
      OptionTable<ModelOptions>().text("path", &ModelOptions::path, "Of the model").required(),
      [](const ModelOptions& options) -> Result<std::unique_ptr<Vad>> {
        if (options.path == "there") return std::make_unique<Vad>();
        return Error{.code = ErrorCode::not_found, .message = "no file " + options.path};
      });
  return registry;
}

}  // namespace parley::graph::test
