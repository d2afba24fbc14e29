// SPDX-License-Identifier: Apache-2.0
//
// The producer's side of a shared-memory ring. Frames are written in place:
//
//   std::span<std::byte> slot = writer->begin();
//   if (slot.empty()) … no room: wait_for_room, or let the frame go (both policies count it) …
//   const std::size_t bytes = capture_into(slot);
//   writer->commit({.format = {16'000, 1}, .pts = pts, .bytes = bytes});
//
// When the ring is full, `drop_oldest` takes the oldest frame back that the consumer has not begun
// to read (frames that it holds stay whole), `block` gives no room until one is free. A consumer
// that dies changes nothing else: drop_oldest goes on and the next consumer finds the latest
// frames, block waits for it.
//
// Threads: one owner. Allocates: no.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "media/shared_frame.h"
#include "media/shared_ring_mapping.h"
#include "media/shared_ring_signal.h"

namespace parley::media {

enum class WhenRingFull : std::uint8_t { drop_oldest, block };

class SharedRingWriter {
 public:
  struct Stats {
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;  // taken back unread
    std::uint64_t refused = 0;  // begins that found no room
  };

  /// Errors: already_exists (the ring has a producer), resource_exhausted, permission_denied.
  static Result<std::unique_ptr<SharedRingWriter>> claim(const SharedRing& ring,
                                                         WhenRingFull when_full,
                                                         const Clock& clock);
  /// The stream has ended: the consumer is told so.
  ~SharedRingWriter();
  SharedRingWriter(const SharedRingWriter&) = delete;
  SharedRingWriter& operator=(const SharedRingWriter&) = delete;

  /// The bytes of the next frame, slot_bytes() of them at a page's start; empty: no room. The same
  /// again until `commit`.
  [[nodiscard]] std::span<std::byte> begin() noexcept;
  /// Makes the frame that was begun visible and wakes the consumer. REQUIRES: begin() gave a slot;
  /// head.bytes fits.
  void commit(const SharedFrameHead& head) noexcept;
  /// Both, with a copy. `head.bytes` is ignored. Errors: invalid_argument (larger than a slot),
  /// resource_exhausted (no room).
  Status write(SharedFrameHead head, std::span<const std::byte> bytes);

  /// Sleeps until a slot became free since the last call, a consumer came, or `until` on the
  /// SteadyClock: then try again.
  void wait_for_room(Instant until) noexcept { room_.wait_until(until); }
  /// The same for a WaitThread. As long as the writer lives.
  [[nodiscard]] exec::Waitable& room() noexcept { return room_; }

  /// Whether a consumer is there now. A system call.
  [[nodiscard]] bool has_consumer() const noexcept { return mapping_.peer_is_alive(); }
  /// How many consumers there were so far.
  [[nodiscard]] std::uint32_t consumers() const noexcept;
  [[nodiscard]] std::size_t slot_bytes() const noexcept { return mapping_.slot_bytes(); }
  [[nodiscard]] const Stats& stats() const noexcept { return stats_; }

 private:
  static constexpr int kLooksMax = 16;  // around the ring, for one frame

  SharedRingWriter(SharedRingMapping mapping, WhenRingFull when_full, const Clock& clock);
  bool take_slot() noexcept;
  bool look_for_slot() noexcept;
  void tell_consumer() noexcept;

  SharedRingMapping mapping_;
  const WhenRingFull when_full_;
  const Clock& clock_;
  SharedRingSignal room_;
  std::uint64_t next_;      // index of the next frame
  bool has_begun_ = false;  // its slot is ours
  Stats stats_;
};

}  // namespace parley::media
