// SPDX-License-Identifier: Apache-2.0
//
// One spoken track and the agent's graph that hears it. Sound comes as the room's library has it;
// where none comes (a muted microphone, a lost network) silence stands in its place, so that no
// utterance waits for a sample that never comes.
//
// Threads: the session's strand.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "graph/pipeline.h"
#include "media/buffer_pool.h"
#include "room/agent_graph.h"

namespace parley::service {

/// Sound of a track that waits for its pipeline: 2 s. Policy when full: the oldest goes, counted.
inline constexpr std::size_t kTrackFramesWaitingMax = 100;
/// Without sound for so long, in the middle of an utterance, silence is put in its place …
inline constexpr Millis kTrackGap{200};
/// … in pieces of so much, each when its time has passed …
inline constexpr Millis kTrackSilencePiece{100};
/// … until nobody speaks, or at most so long: then the graph has no ear for it.
inline constexpr Millis kTrackSilenceMax{5'000};

class TrackPipeline {
 public:
  /// Errors: those of the graph's operators. `lost` counts frames that were thrown away. All
  /// references outlive it.
  static Result<std::unique_ptr<TrackPipeline>> make(const room::AgentGraph& graph,
                                                     const graph::Registry& registry,
                                                     graph::PipelineContext context,
                                                     media::BufferPool& buffers, Counter& lost);

  /// 20 ms of sound: s16, 16 kHz.
  void hear(const media::BufferRef& bytes, Instant now);
  /// The track is muted or over: what was begun ends.
  void hush(Instant now);
  /// Feeds the graph and runs it. True: there is more to do right now.
  bool run(Instant now, std::size_t steps_max);
  /// Marks what came out of `events` (or the like): whether somebody is speaking.
  void note(const media::TurnEvent& event);

  [[nodiscard]] room::TrackGraph& graph() noexcept { return graph_; }
  [[nodiscard]] bool is_speaking() const noexcept { return is_speaking_; }
  /// How much of the track the graph has been given.
  [[nodiscard]] media::MediaTime given() const noexcept { return given_; }
  /// Nothing that was said waits for its words.
  [[nodiscard]] bool is_quiet() const;
  /// When silence is due; never: none is.
  [[nodiscard]] Instant next_at() const;

 private:
  TrackPipeline(room::TrackGraph graph, media::BufferPool& buffers, Counter& lost)
      : graph_(std::move(graph)), buffers_(buffers), lost_(lost) {}
  void fill(Instant now);
  void add(media::BufferRef samples);

  room::TrackGraph graph_;
  media::BufferPool& buffers_;
  Counter& lost_;
  std::deque<media::BufferRef> waiting_;  // float32
  media::MediaTime given_;                // to the graph
  Instant heard_at_;                      // when sound came last
  Instant filled_to_;                     // silence stands in its place up to here
  bool is_hushed_ = false;                // no sound is expected
  bool is_speaking_ = false;
};

}  // namespace parley::service
