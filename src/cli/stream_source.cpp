// SPDX-License-Identifier: Apache-2.0
#include "cli/stream_source.h"

#include "exec/parker.h"

namespace parley::cli {
namespace {

constexpr Millis kTick{1};
constexpr auto kTicksPerFrame = static_cast<std::size_t>(kBenchFrame / kTick);
// Frames of 20 ms and windows of 32 ms meet every 160 ms: over so many ticks the streams begin.
constexpr std::size_t kBeginTicks = 160;
static_assert(kBeginTicks % kTicksPerFrame == 0);
// Frames by which the streams of one track are apart: they meet its questions at different times.
constexpr std::size_t kStreamShift = 149;
constexpr std::size_t kTicksPerLook = 64;  // at `stopped`

}  // namespace

StreamSource::StreamSource(std::span<const StreamTrack> tracks,
                           std::span<const std::unique_ptr<StreamListener>> streams,
                           media::BufferPool& buffers, const Clock& clock,
                           const StreamCounts& counts)
    : tracks_(tracks),
      streams_(streams),
      buffers_(buffers),
      clock_(clock),
      counts_(counts),
      next_frame_(streams.size()) {
  for (std::size_t i = 0; i < next_frame_.size(); ++i) next_frame_[i] = i * kStreamShift;
}

void StreamSource::play(Nanos seconds, const std::function<bool()>& stopped) {
  exec::Parker rest;
  const Instant begin = clock_.now() + kTick;
  const auto ticks = static_cast<std::size_t>(seconds / kTick);
  for (std::size_t tick = 0; tick < ticks; ++tick) {
    if (tick % kTicksPerLook == 0 && stopped()) return;
    const Instant due = begin + kTick * static_cast<std::int64_t>(tick);
    while (clock_.now() < due) rest.park_until(due);
    push_due(tick, due);
  }
}

void StreamSource::push_due(std::size_t tick, Instant due) {
  const bool counts = counts_.measures(due);
  for (std::size_t i = tick % kTicksPerFrame; i < streams_.size(); i += kTicksPerFrame) {
    if (tick < i % kBeginTicks) continue;
    const auto samples = tracks_[i % tracks_.size()].frame(next_frame_[i]++);
    const bool kept = streams_[i]->push(buffers_.copy_of(std::as_bytes(samples)), due);
    if (!counts) continue;
    ++frames_;
    if (!kept) ++dropped_;
    lateness_.add(clock_.now() - due);
  }
}

}  // namespace parley::cli
