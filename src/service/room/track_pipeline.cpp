// SPDX-License-Identifier: Apache-2.0
#include "service/room/track_pipeline.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "room/room_event.h"

namespace parley::service {

using media::MediaTime;

namespace {

constexpr float kFullScale = 32'768.0F;

}  // namespace

Result<std::unique_ptr<TrackPipeline>> TrackPipeline::make(const room::AgentGraph& graph,
                                                           const graph::Registry& registry,
                                                           graph::PipelineContext context,
                                                           media::BufferPool& buffers,
                                                           Counter& lost) {
  PARLEY_TRY(room::TrackGraph opened, graph.open(registry, std::move(context)));
  return std::unique_ptr<TrackPipeline>(new TrackPipeline(std::move(opened), buffers, lost));
}

void TrackPipeline::hear(const media::BufferRef& bytes, Instant now) {
  const std::size_t count = bytes.size() / sizeof(std::int16_t);
  media::BufferRef samples = buffers_.take_floats(count);
  const std::span<float> to = samples.writable_floats();
  const std::span<const std::byte> from = bytes.bytes();
  for (std::size_t at = 0; at < count; ++at) {
    std::int16_t sample = 0;
    std::memcpy(&sample, &from[at * sizeof sample], sizeof sample);
    to[at] = static_cast<float>(sample) / kFullScale;
  }
  heard_at_ = filled_to_ = now;
  is_hushed_ = false;
  add(std::move(samples));
}

void TrackPipeline::add(media::BufferRef samples) {
  if (waiting_.size() == kTrackFramesWaitingMax) {
    waiting_.pop_front();
    lost_.add();
  }
  waiting_.push_back(std::move(samples));
}

void TrackPipeline::hush(Instant now) {
  is_hushed_ = true;
  filled_to_ = std::min(filled_to_, now);
}

/// Silence for the time that has passed without sound.
void TrackPipeline::fill(Instant now) {
  if (!is_speaking_ || now < next_at()) return;
  while (filled_to_ + kTrackSilencePiece <= now && filled_to_ < heard_at_ + kTrackSilenceMax) {
    const auto count = static_cast<std::size_t>(
        MediaTime::from_ms(kTrackSilencePiece.count()).samples(room::kSoundRate));
    media::BufferRef silence = buffers_.take_floats(count);
    std::ranges::fill(silence.writable_floats(), 0.0F);
    add(std::move(silence));
    filled_to_ = filled_to_ + kTrackSilencePiece;
  }
}

Instant TrackPipeline::next_at() const {
  if (!is_speaking_ || filled_to_ >= heard_at_ + kTrackSilenceMax) return Instant::never();
  const bool has_begun = is_hushed_ || filled_to_ > heard_at_;
  return filled_to_ + (has_begun ? kTrackSilencePiece : kTrackGap);
}

bool TrackPipeline::run(Instant now, std::size_t steps_max) {
  fill(now);
  while (!waiting_.empty() && graph_.audio->has_room()) {
    media::AudioFrame frame;
    frame.format = {.rate = room::kSoundRate, .channels = 1};
    frame.head.pts = given_;
    frame.head.duration = MediaTime::from_samples(
        static_cast<std::int64_t>(waiting_.front().floats().size()), room::kSoundRate);
    frame.samples = std::move(waiting_.front());
    waiting_.pop_front();
    given_ += frame.head.duration;
    graph_.audio->push(std::move(frame));
  }
  return graph_.pipeline->run(steps_max);
}

void TrackPipeline::note(const media::TurnEvent& event) {
  using Kind = media::TurnEvent::Kind;
  if (event.kind == Kind::started) is_speaking_ = true;
  if (event.kind == Kind::ended || event.kind == Kind::cleared) is_speaking_ = false;
}

bool TrackPipeline::is_quiet() const {
  return !is_speaking_ && waiting_.empty() && !graph_.pipeline->is_busy();
}

}  // namespace parley::service
