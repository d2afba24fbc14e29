// SPDX-License-Identifier: Apache-2.0
//
// The consumer's side of a shared-memory ring. A frame that was read lies in the ring until its
// last reference goes; then its slot is free for the producer. Holding frames for long costs slots,
// not correctness: the producer works around them.
//
//   PARLEY_TRY(auto reader, SharedRingReader::claim(ring, buffers));
//   while (std::optional<SharedFrame> frame = reader->read()) use(*frame);
//   exec::WaitThread thread("parley-ring", reader->news(), waker);      // or reader->wait(until)
//
// Nothing in the ring is believed: a frame whose head makes no sense is passed over and counted,
// and what a wild producer writes into a frame's bytes can only be wrong samples. `producer()`
// tells when it died; frames that it finished before can still be read, and the next producer on
// the same ring goes on where it stopped.
//
// Threads: `read`, `wait`, `producer` one owner; frames any. Allocates: no (pooled headers).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "media/buffer_pool.h"
#include "media/shared_frame.h"
#include "media/shared_ring_mapping.h"
#include "media/shared_ring_signal.h"

namespace parley::media {

enum class ProducerState : std::uint8_t {
  none,      // there was never one
  alive,     //
  finished,  // it ended its stream
  gone,      // it died
};

class SharedRingReader {
 public:
  struct Stats {
    std::uint64_t read = 0;
    std::uint64_t lost = 0;     // the producer took them back before we came
    std::uint64_t refused = 0;  // made no sense
  };

  /// `buffers` gives the headers of references, and the memory of copies on write.
  /// Errors: already_exists (the ring has a consumer), resource_exhausted, permission_denied.
  static Result<std::unique_ptr<SharedRingReader>> claim(const SharedRing& ring,
                                                         BufferPool& buffers);
  /// Frames that are out stay valid, and keep the ring's role of consumer until they go.
  ~SharedRingReader();
  SharedRingReader(const SharedRingReader&) = delete;
  SharedRingReader& operator=(const SharedRingReader&) = delete;

  /// The next frame, in order of writing.
  [[nodiscard]] std::optional<SharedFrame> read();
  /// Whether the producer wrote something that was not read yet.
  [[nodiscard]] bool has_more() const noexcept;
  /// Sleeps until there may be something to read, or until `until` on the SteadyClock.
  void wait(Instant until) noexcept { news_.wait_until(until); }
  /// For a WaitThread: frames, a producer that comes or ends (not one that dies: ask `producer`).
  /// As long as the reader lives.
  [[nodiscard]] exec::Waitable& news() noexcept { return news_; }

  /// A system call.
  [[nodiscard]] ProducerState producer() const noexcept;
  /// How many producers there were so far.
  [[nodiscard]] std::uint32_t producers() const noexcept;
  [[nodiscard]] const Stats& stats() const noexcept { return stats_; }

 private:
  struct State;
  explicit SharedRingReader(std::shared_ptr<State> state, BufferPool& buffers);
  bool take_slot(std::uint64_t index) noexcept;
  void keep_up(std::uint64_t published) noexcept;

  std::shared_ptr<State> state_;  // shared with the frames that are out
  SharedRingSignal news_;
  BufferPool& buffers_;
  std::uint64_t next_;  // index of the frame to read next
  Stats stats_;
};

}  // namespace parley::media
