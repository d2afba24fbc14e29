// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a shared-memory ring, version 1: what two processes agree on. All numbers are in the
// machine's own order, all offsets are from the start of the memory.
//
//   0                 SharedRingHead, one page
//   4096              `slots` times SharedSlotHead, 64 bytes each, rounded up to whole pages
//   after that        `slots` times `slot_bytes`: the frames' own bytes, each at a page's start
//
// A slot's word says who has it: `index << 2 | SlotState`. Frame `i` goes into slot `i % slots`.
// The producer fills the slot, makes its word {i, ready} and only then `published` i + 1; whoever
// dies before that has written nothing. The consumer makes {i, ready} {i, reading}, and {i, free}
// when nobody needs the bytes any more. A producer may take back {i, ready}: the oldest is dropped.
//
// Neither side believes the other: see shared_ring_reader.cpp and shared_ring_writer.cpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "exec/futex.h"

namespace parley::media {

inline constexpr std::uint64_t kSharedRingMagic = 0x474E'4952'594C'5250;  // "PRLYRING"
inline constexpr std::uint32_t kSharedRingVersion = 1;
inline constexpr std::size_t kPageBytes = 4096;
inline constexpr std::size_t kSharedRingSlotsMax = 4096;
inline constexpr std::size_t kSharedRingSlotBytesMax = std::size_t{64} << 20U;  // a 4K RGBA picture
inline constexpr std::size_t kSharedRingBytesMax = std::size_t{1} << 30U;       // altogether

/// Written once, by whoever makes the ring.
struct SharedRingGeometry {
  std::uint64_t magic = kSharedRingMagic;
  std::uint32_t version = kSharedRingVersion;
  std::uint32_t slots = 0;
  std::uint64_t slot_bytes = 0;  // a multiple of kPageBytes
};

/// Each side writes its own cache line; `*_waits` says that a wake is wanted there.
struct SharedRingHead {
  SharedRingGeometry geometry;

  alignas(64) std::atomic<std::uint64_t> published;  // index of the next frame
  exec::FutexWord news;                              // changes with all that a consumer waits for
  std::atomic<std::uint32_t> producers;              // how many there were, this one included
  std::atomic<std::uint32_t> producer_pid;           // for messages to people only
  std::atomic<std::uint32_t> finished;               // 1: the producer ended its stream
  std::atomic<std::uint64_t> dropped;                // frames that the producer took back unread

  alignas(64) exec::FutexWord room;  // changes when a slot becomes free, or a consumer comes
  std::atomic<std::uint32_t> consumers;
  std::atomic<std::uint32_t> consumer_pid;

  alignas(64) exec::FutexWord consumer_waits;
  alignas(64) exec::FutexWord producer_waits;
};
static_assert(sizeof(SharedRingHead) <= kPageBytes);

enum class SlotState : std::uint8_t { free, writing, ready, reading };

/// What a slot's bytes are.
enum class SharedFrameKind : std::uint32_t {
  audio = 1,  // float32 samples, planar; `rate` and `channels` say which
  bytes = 2,  // anything; the two processes know
};

struct alignas(64) SharedSlotHead {
  std::atomic<std::uint64_t> word;
  std::atomic<std::uint32_t> kind;
  std::atomic<std::uint32_t> bytes;
  std::atomic<std::int64_t> pts;         // flicks (media_time.h)
  std::atomic<std::uint64_t> sequence;   // the producer's own
  std::atomic<std::int64_t> written_at;  // CLOCK_MONOTONIC, nanoseconds
  std::atomic<std::uint32_t> rate;       // Hz
  std::atomic<std::uint32_t> channels;
};
static_assert(sizeof(SharedSlotHead) == 64);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "words are shared by processes");

constexpr std::uint64_t slot_word(std::uint64_t index, SlotState state) noexcept {
  return (index << 2U) | static_cast<std::uint64_t>(state);
}
constexpr SlotState slot_state(std::uint64_t word) noexcept {
  return static_cast<SlotState>(word & 3U);
}
constexpr std::uint64_t slot_index(std::uint64_t word) noexcept { return word >> 2U; }

constexpr std::size_t slot_heads_bytes(std::size_t slots) noexcept {
  return (slots * sizeof(SharedSlotHead) + kPageBytes - 1) / kPageBytes * kPageBytes;
}
constexpr std::size_t shared_ring_bytes(std::size_t slots, std::size_t slot_bytes) noexcept {
  return kPageBytes + slot_heads_bytes(slots) + slots * slot_bytes;
}

}  // namespace parley::media
