// SPDX-License-Identifier: Apache-2.0
//
// One of the streams of a MultiStreamOperator: its ports, and the frames that wait for those of the
// other streams. The base knows only headers, so that the policies know no frame kinds.
//
// Threads: strand. Allocates: in the constructor only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "graph/port.h"
#include "media/frame.h"

namespace parley::operators {

struct StreamCounters {
  std::uint64_t taken = 0;     // frames that came in
  std::uint64_t given = 0;     // frames that went out, repeated ones each time
  std::uint64_t repeated = 0;  // of them, those that had gone out before
  std::uint64_t late = 0;      // dropped: their group had gone, or they were older than one before
  std::uint64_t dropped = 0;   // dropped unused: another one fitted better, or nobody waited
  std::uint64_t gaps = 0;      // groups that went without this stream
  media::MediaTime skew;       // of the last group: how far its frame was from the lead's
};

class AlignedStream {
 public:
  /// Frames that wait beyond those in the port (policy when full: they stay in the port).
  static constexpr std::size_t kHeldMax = 64;

  virtual ~AlignedStream() = default;

  /// Moves frames from the port; those older than `oldest`, or out of order, are late.
  virtual void take(media::MediaTime oldest) = 0;
  [[nodiscard]] virtual const media::FrameHeader& head(std::size_t index) const = 0;
  /// Pushes frame `index` as part of `group` (in head.sequence). It stays held.
  virtual void give(std::size_t index, std::uint64_t group) = 0;
  [[nodiscard]] virtual bool has_room() const = 0;
  /// Forgets the oldest; counted as dropped when it never went out.
  void drop() {
    if (!front_used_) ++counters.dropped;
    drop_front();
    front_used_ = false;
    ++first_;
    --held_;
  }

  [[nodiscard]] std::size_t held() const { return held_; }
  /// True when nothing more will come.
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  /// Of the newest frame that was taken, ever.
  [[nodiscard]] media::MediaTime newest() const { return newest_; }
  [[nodiscard]] bool has_begun() const { return counters.taken > 0; }
  [[nodiscard]] bool front_used() const { return front_used_; }

  StreamCounters counters;

 protected:
  virtual void drop_front() = 0;

  std::size_t first_ = 0;  // of the ring; the index of the oldest
  std::size_t held_ = 0;
  bool front_used_ = false;  // the oldest has gone out at least once
  bool has_ended_ = false;
  media::MediaTime newest_;
};

template <typename T>
class AlignedStreamOf final : public AlignedStream {
 public:
  AlignedStreamOf(graph::Operator& owner, const std::string& name)
      : in_(owner, name), out_(owner, name, {.format_of = &in_}), frames_(kHeldMax) {}

  void take(media::MediaTime oldest) override {
    while (held_ < kHeldMax && in_.peek() != nullptr) {
      T frame = in_.pop();
      const bool is_late =
          frame.head.pts < oldest || (counters.taken > 0 && frame.head.pts < newest_);
      ++counters.taken;
      has_ended_ = has_ended_ || frame.head.is_last;
      if (is_late) {
        ++counters.late;
        continue;
      }
      newest_ = frame.head.pts;
      frames_[(first_ + held_) % kHeldMax] = std::move(frame);
      ++held_;
    }
  }
  [[nodiscard]] const media::FrameHeader& head(std::size_t index) const override {
    PARLEY_ASSERT(index < held_);
    return frames_[(first_ + index) % kHeldMax].head;
  }
  void give(std::size_t index, std::uint64_t group) override {
    PARLEY_ASSERT(index < held_);
    T frame = frames_[(first_ + index) % kHeldMax];
    frame.head.sequence = group;
    ++counters.given;
    if (index == 0 && front_used_) ++counters.repeated;
    if (index == 0) front_used_ = true;
    out_.push(std::move(frame));
  }
  [[nodiscard]] bool has_room() const override { return out_.has_room(); }

 private:
  void drop_front() override { frames_[first_ % kHeldMax] = T(); }

  graph::In<T> in_;
  graph::Out<T> out_;
  std::vector<T> frames_;  // a ring
};

}  // namespace parley::operators
