// SPDX-License-Identifier: Apache-2.0
//
// An operator of your own: says when it gets loud.
//   in   audio   AudioFrame, mono, any rate
//   out  claps   Control "clap", its value the loudest sample; pts: of the frame
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "graph/operator.h"
#include "graph/port.h"
#include "graph/registry.h"

class ClapDetector final : public parley::graph::Operator {
 public:
  struct Options {
    float threshold = 0.5F;  // of the loudest sample, 0 to 1
  };

  explicit ClapDetector(Options options) : options_(options) {}

  parley::Result<parley::graph::Progress> process(
      parley::graph::ProcessContext& /*context*/) override {
    using parley::graph::Progress;
    while (audio_.peek() != nullptr) {
      if (!claps_.has_room()) return Progress::blocked;
      const parley::media::AudioFrame frame = audio_.pop();
      float peak = 0.0F;
      for (const float sample : frame.samples.floats()) peak = std::max(peak, std::fabs(sample));
      const bool is_loud = peak >= options_.threshold;
      if (is_loud && !was_loud_) claps_.push({.head = frame.head, .name = "clap", .value = peak});
      was_loud_ = is_loud;
    }
    return Progress::need_input;
  }

  /// Hot update: the new one knows whether a clap is under way.
  parley::Status adopt(parley::graph::Operator& predecessor) override {
    if (auto* old = dynamic_cast<ClapDetector*>(&predecessor)) was_loud_ = old->was_loud_;
    return {};
  }

 private:
  parley::graph::In<parley::media::AudioFrame> audio_{*this, "audio", {.channels = 1}};
  parley::graph::Out<parley::media::Control> claps_{*this, "claps"};
  const Options options_;
  bool was_loud_ = false;
};

inline void register_clap_detector(parley::graph::Registry& registry) {
  using Options = ClapDetector::Options;
  registry.add("clap_detector", "Says when it gets loud",
               parley::graph::OptionTable<Options>().number("threshold", &Options::threshold, 0.0F,
                                                            1.0F, "Loudest sample of a clap"),
               [](Options options) { return std::make_unique<ClapDetector>(options); });
}
