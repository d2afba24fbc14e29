// SPDX-License-Identifier: Apache-2.0
#include "operators/device/register_shared_memory.h"

#include <memory>

#include "operators/device/shared_memory_sink.h"
#include "operators/device/shared_memory_source.h"

namespace parley::operators {

void register_shared_memory_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  using Source = SharedMemorySourceOperator::Options;
  using Sink = SharedMemorySinkOperator::Options;
  graph::OptionTable<Source> source;
  source.text("path", &Source::path, "Name of the ring, or /proc/PID/fd/N").required();
  source.whole("rate_hz", &Source::rate_hz, 8'000, 48'000, "Sample rate that the producer writes")
      .whole("channels", &Source::channels, 1, media::kSharedFrameChannelsMax, "Its channels")
      .flag("finish_with_producer", &Source::finish_with_producer,
            "End when the producer ends its stream; else wait for the next one");
  registry.add("shared_memory_source", "Audio of another process, without a copy",
               std::move(source), [buffers = &bindings.buffers](const Source& options) {
                 return std::make_unique<SharedMemorySourceOperator>(options, *buffers);
               });
  graph::OptionTable<Sink> sink;
  sink.text("path", &Sink::path, "Name of the ring that this operator makes").required();
  sink.whole("slots", &Sink::slots, 1, static_cast<int>(media::kSharedRingSlotsMax),
             "Frames that fit")
      .whole("slot_bytes", &Sink::slot_bytes, 1, static_cast<int>(media::kSharedRingSlotBytesMax),
             "Bytes of the largest frame; larger ones are cut")
      .choice("when_full", &Sink::when_full,
              {{"drop_oldest", media::WhenRingFull::drop_oldest},
               {"block", media::WhenRingFull::block}},
              "When nobody reads");
  registry.add(
      "shared_memory_sink", "Audio for another process", std::move(sink),
      [](const Sink& options) { return std::make_unique<SharedMemorySinkOperator>(options); });
}

}  // namespace parley::operators
