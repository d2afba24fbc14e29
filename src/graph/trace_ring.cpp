// SPDX-License-Identifier: Apache-2.0
#include "graph/trace_ring.h"

#include <algorithm>
#include <bit>

namespace parley::graph {

TraceRing::TraceRing(std::size_t events_max) {
  if (events_max == 0) return;
  const std::size_t slots = std::bit_ceil(events_max);
  slots_ = std::make_unique<Slot[]>(slots);
  mask_ = slots - 1;
}

std::vector<TraceEvent> TraceRing::read() const {
  const std::uint64_t end = added();
  const std::uint64_t first = end - std::min<std::uint64_t>(end, capacity());
  std::vector<TraceEvent> events;
  events.reserve(end - first);
  for (std::uint64_t at = first; at < end; ++at) {
    const Slot& slot = slots_[at & mask_];
    const std::uint64_t packed = slot.node_and_frames.load(std::memory_order_relaxed);
    events.push_back({.begin = slot.begin.load(std::memory_order_relaxed),
                      .duration = slot.duration.load(std::memory_order_relaxed),
                      .node = static_cast<std::uint32_t>(packed >> 32U),
                      .frames = static_cast<std::uint32_t>(packed)});
  }
  // Slots that were begun again since may hold half of a new event.
  std::atomic_thread_fence(std::memory_order_acquire);
  const std::uint64_t begun = begun_.load(std::memory_order_relaxed);
  const std::uint64_t safe = begun - std::min<std::uint64_t>(begun, capacity());
  if (safe > first) {
    events.erase(events.begin(),
                 events.begin() + static_cast<std::ptrdiff_t>(std::min(safe, end) - first));
  }
  return events;
}

}  // namespace parley::graph
