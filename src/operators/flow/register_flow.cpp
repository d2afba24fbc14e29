// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include "operators/flow/batch_operator.h"
#include "operators/flow/mixer_operator.h"
#include "operators/flow/multi_stream_operator.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

constexpr Millis kWaitMax{60'000};

graph::OptionTable<MixerOperator::Options> mixer_options() {
  using Options = MixerOperator::Options;
  graph::OptionTable<Options> table;
  table
      .whole("inputs", &Options::inputs, 1, MixerOperator::kInputsMax,
             "How many: ports in1, in2, and so on")
      .whole("rate_hz", &Options::rate_hz, 8'000, 48'000, "Sample rate of all of them")
      .whole("block_ms", &Options::block_ms, 5, 100, "Length of the frames that come out")
      .whole("hold_ms", &Options::hold_ms, 0, MixerOperator::kHoldMaxMs,
             "How long the others wait for a late one")
      .text("gains_db", &Options::gains_db, "Decibels, one number per input, such as '0 -6'");
  return table;
}

graph::OptionTable<MultiStreamOptions> multi_stream_options() {
  using Options = MultiStreamOptions;
  graph::OptionTable<Options> table;
  table.list("streams", &Options::streams, "Ports and their frame kinds; the first leads")
      .choice("policy", &Options::policy,
              {{"immediate", AlignPolicy::immediate},
               {"aligned", AlignPolicy::aligned},
               {"barrier", AlignPolicy::barrier},
               {"window", AlignPolicy::window}},
              "What belongs together")
      .millis("tolerance_ms", &Options::tolerance, Millis{0}, kWaitMax,
              "How far apart frames of a group may be")
      .millis("wait_max_ms", &Options::wait_max, Millis{0}, kWaitMax,
              "How long a group waits for a stream (not: barrier)")
      .millis("window_ms", &Options::window, Millis{1}, kWaitMax, "Length of a window");
  return table;
}

template <typename FrameType>
void register_batch(graph::Registry& registry, const OperatorBindings& bindings, std::string kind,
                    std::string summary) {
  using Batch = BatchOperator<FrameType>;
  using Options = typename Batch::Options;
  registry.add(
      std::move(kind), std::move(summary),
      graph::OptionTable<Options>()
          .whole("items_max", &Options::items_max, 1, Batch::kItemsMax, "Frames in a full batch")
          .millis("delay_max_ms", &Options::delay_max, Millis{0}, kWaitMax,
                  "What the first frame of a batch may wait"),
      [buffers = &bindings.buffers](const Options& options) {
        return std::make_unique<Batch>(options, *buffers);
      });
}

}  // namespace

void register_flow_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  registry.add("mixer", "Several voices into one, aligned by time", mixer_options(),
               [buffers = &bindings.buffers](const MixerOperator::Options& options) {
                 return MixerOperator::make(options, *buffers);
               });
  register_batch<media::TensorFrame>(registry, bindings, "batch", "Several tensors into one");
  register_batch<media::AudioFrame>(registry, bindings, "batch_audio",
                                    "Several frames of audio into one tensor");
  registry.add(
      "multi_stream", "Brings frames of several streams together by time", multi_stream_options(),
      [](const MultiStreamOptions& options) { return MultiStreamOperator::make(options); });
}

}  // namespace parley::operators
