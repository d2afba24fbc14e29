// SPDX-License-Identifier: Apache-2.0
//
// Louder or softer; a new level is reached by a ramp of 10 ms.
//   in   audio     AudioFrame, any rate, 1 to kChannelsMax channels
//   in   control   Control, optional: name "gain_db", a number; others are ignored
//   out  audio     AudioFrame, the same format; the samples are written in place unless shared
// Threads: strand.  Allocates: no (pooled buffers when samples are shared).  Latency: none.
#pragma once

#include <array>
#include <cstddef>

#include "dsp/gain.h"
#include "graph/operator.h"
#include "graph/port.h"

namespace parley::operators {

class GainOperator final : public graph::Operator {
 public:
  static constexpr std::size_t kChannelsMax = 8;
  static constexpr float kGainMinDb = -120.0F;
  static constexpr float kGainMaxDb = 60.0F;

  struct Options {
    float gain_db = 0.0F;  // kGainMinDb to kGainMaxDb
  };

  explicit GainOperator(Options options);
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  void read_control();
  Status apply(media::AudioFrame& frame);

  graph::In<media::Control> control_{*this, "control", {.required = false}};
  graph::In<media::AudioFrame> audio_{*this, "audio"};
  graph::Out<media::AudioFrame> out_{*this, "audio", {.format_of = &audio_}};
  float factor_;
  int rate_ = 0;                               // of the last frame
  std::array<dsp::Gain, kChannelsMax> gains_;  // one per channel: each has its own ramp
};

}  // namespace parley::operators
