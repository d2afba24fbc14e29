// SPDX-License-Identifier: Apache-2.0
//
// Brings together what belongs together in time: audio with pictures, or any streams whose `pts`
// count on one time line. What goes out in one call with the same `head.sequence` is a group.
//   in   <name> …   one port per stream, of the kind that the options give
//   out  <name> …   the same frames, in groups
//   out  group      Control "group" with the group's number, after the group's last frame
//
// Policies. The first stream leads; "near" is within `tolerance_ms` of it.
//   immediate  every frame of the lead goes at once, with the newest of each other stream that is
//   not
//              from after it; what has none yet is left out
//   aligned    every frame of the lead waits for the nearest of each other stream: until a later
//              one has come, or the stream has ended, or `wait_max_ms` is over (by the lead's own
//              time, or the clock's). A stream without a near frame is left out: a gap
//   barrier    a group is one frame of each stream, each used once; what is too old for the newest
//              of them is dropped. Waits for ever
//   window     a group is all frames that begin within `window_ms`; it closes when every stream has
//              come past it, or has ended, or `wait_max_ms` is over
// A slower stream's frame is repeated (immediate, aligned), a faster one's surplus is dropped; so
// streams whose clocks drift stay together. Frames for a group that has gone are late and dropped,
// as are frames out of order. All of it is counted per stream.
//
// Ends (`finished`) when no further group can be.
// Threads: strand.  Allocates: no.  Latency: by policy, `wait_max_ms` at most but for `barrier`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/operator.h"
#include "graph/port.h"
#include "operators/flow/aligned_stream.h"

namespace parley::operators {

enum class AlignPolicy : std::uint8_t { immediate, aligned, barrier, window };

struct MultiStreamOptions {
  /// `name:kind`, such as `audio:AudioFrame`; the first leads.
  std::vector<std::string> streams = {"audio:AudioFrame", "video:VideoFrame"};
  AlignPolicy policy = AlignPolicy::aligned;
  Millis tolerance{40};
  Millis wait_max{200};
  Millis window{100};
};

class MultiStreamOperator final : public graph::Operator {
 public:
  static constexpr std::size_t kStreamsMax = 16;

  /// Errors: invalid_argument (a stream without kind, an unknown kind, a name twice).
  static Result<std::unique_ptr<MultiStreamOperator>> make(const MultiStreamOptions& options);
  Result<graph::Progress> process(graph::ProcessContext& context) override;

  /// In the order of the options.
  [[nodiscard]] const StreamCounters& counters(std::size_t stream) const {
    return streams_[stream]->counters;
  }
  [[nodiscard]] std::uint64_t groups() const { return groups_; }

 private:
  enum class Step : std::uint8_t { nothing, group, blocked, finished };

  explicit MultiStreamOperator(const MultiStreamOptions& options) : options_(options) {}
  void take_all();
  Step step(graph::ProcessContext& context);
  Step lead_step(graph::ProcessContext& context);
  Step barrier_step();
  Step window_step(graph::ProcessContext& context);
  /// The held frame of `other` that goes with the lead's, if there is one.
  [[nodiscard]] std::optional<std::size_t> companion(const AlignedStream& other,
                                                     media::MediaTime at) const;
  [[nodiscard]] bool must_wait_for(const AlignedStream& other, media::MediaTime at) const;
  /// True when what has waited since it came to the front has waited `wait_max`.
  bool is_overdue(graph::ProcessContext& context);
  [[nodiscard]] bool have_room() const;
  void end_group();

  const MultiStreamOptions options_;
  std::vector<std::unique_ptr<AlignedStream>> streams_;
  graph::Out<media::Control> group_{*this, "group"};
  std::uint64_t groups_ = 0;
  media::MediaTime oldest_{INT64_MIN};          // frames before this are late
  std::optional<Instant> waiting_since_;        // the group that is next
  std::optional<media::MediaTime> window_end_;  // of the window that is open
  bool is_closing_ = false;                     // the window's frames are going out
};

}  // namespace parley::operators
