// SPDX-License-Identifier: Apache-2.0
//
// Plays the streams of `parley bench streams` in real time, as an I/O loop would deliver them: one
// thread that wakes every millisecond and pushes the frames that are due. Each stream has a frame
// every 20 ms; they begin at all milliseconds alike, as calls do, so that neither their frames nor
// the detector's windows come all at once, and they are spread over their tracks.
//
// When the source itself is late, the delay of a frame still counts from when it was due, so what
// it reports can only be too long.
//
// Threads: `play` the one that it runs on; the rest main, before and after.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "cli/delay_histogram.h"
#include "cli/stream_listener.h"
#include "cli/stream_tracks.h"
#include "media/buffer_pool.h"

namespace parley::cli {

class StreamSource {
 public:
  StreamSource(std::span<const StreamTrack> tracks,
               std::span<const std::unique_ptr<StreamListener>> streams, media::BufferPool& buffers,
               const Clock& clock, const StreamCounts& counts);

  /// Plays for `seconds`; blocks. `stopped` is asked now and then.
  void play(Nanos seconds, const std::function<bool()>& stopped);

  /// Of the frames that count: how many, how many of them found a full mailbox, how late they left.
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] const DelayHistogram& lateness() const { return lateness_; }

 private:
  void push_due(std::size_t tick, Instant due);

  std::span<const StreamTrack> tracks_;
  std::span<const std::unique_ptr<StreamListener>> streams_;
  media::BufferPool& buffers_;
  const Clock& clock_;
  const StreamCounts& counts_;
  std::vector<std::size_t> next_frame_;  // on its track, by stream
  std::uint64_t frames_ = 0;
  std::uint64_t dropped_ = 0;
  DelayHistogram lateness_;
};

}  // namespace parley::cli
