// SPDX-License-Identifier: Apache-2.0
//
// What the consumer may do to us: its words can make us drop or refuse frames, no more. No index or
// length that we use to reach memory is read from the ring.
#include "media/shared_ring_writer.h"

#include <cstring>
#include <string>

#include <unistd.h>

#include "base/check.h"

namespace parley::media {

std::span<std::byte> SharedRingWriter::begin() noexcept {
  if (!has_begun_) has_begun_ = take_slot();
  if (!has_begun_) {
    ++stats_.refused;
    return {};
  }
  return {mapping_.slot_data(next_), mapping_.slot_bytes()};
}

/// A consumer that lets go of one slot while it takes another can be ahead of a look around the
/// ring, which then finds every slot held, though never all were held at once. So we look again if
/// it let go meanwhile; not for ever, because what it says is not to be trusted.
bool SharedRingWriter::take_slot() noexcept {
  const std::uint64_t first = next_;
  for (int look = 0; look < kLooksMax; ++look) {
    next_ = first;
    const std::uint32_t room = mapping_.head().room.load(std::memory_order_acquire);
    if (look_for_slot()) return true;
    if (when_full_ == WhenRingFull::block) return false;
    if (mapping_.head().room.load(std::memory_order_acquire) == room) return false;
  }
  return false;
}

/// Makes a slot ours and `next_` its index. Indices of slots that the consumer holds are passed
/// over: frames leave the ring in the order of indices, some of which no frame has.
bool SharedRingWriter::look_for_slot() noexcept {
  for (std::size_t tries = 0; tries < mapping_.slots(); ++tries) {
    std::atomic<std::uint64_t>& word = mapping_.slot_head(next_).word;
    std::uint64_t seen = word.load(std::memory_order_acquire);
    switch (slot_state(seen)) {
      case SlotState::free:
      case SlotState::writing:  // of a producer that died
        word.store(slot_word(next_, SlotState::writing), std::memory_order_relaxed);
        return true;
      case SlotState::ready:
        if (when_full_ == WhenRingFull::block) return false;
        if (word.compare_exchange_strong(seen, slot_word(next_, SlotState::writing),
                                         std::memory_order_acq_rel)) {
          ++stats_.dropped;
          mapping_.head().dropped.store(stats_.dropped, std::memory_order_relaxed);
          return true;
        }
        break;  // the consumer took it at this moment
      case SlotState::reading:
        if (when_full_ == WhenRingFull::block) return false;
        break;
    }
    ++next_;
  }
  return false;
}

void SharedRingWriter::commit(const SharedFrameHead& head) noexcept {
  PARLEY_CHECK(has_begun_ && head.bytes <= mapping_.slot_bytes());
  SharedSlotHead& slot = mapping_.slot_head(next_);
  constexpr auto relaxed = std::memory_order_relaxed;
  slot.kind.store(static_cast<std::uint32_t>(head.kind), relaxed);
  slot.bytes.store(static_cast<std::uint32_t>(head.bytes), relaxed);
  slot.pts.store(head.pts.flicks, relaxed);
  slot.sequence.store(head.sequence, relaxed);
  slot.written_at.store(clock_.now().since_zero.count(), relaxed);
  slot.rate.store(static_cast<std::uint32_t>(head.format.rate), relaxed);
  slot.channels.store(static_cast<std::uint32_t>(head.format.channels), relaxed);
  slot.word.store(slot_word(next_, SlotState::ready), std::memory_order_release);
  ++next_;
  has_begun_ = false;
  ++stats_.written;
  mapping_.head().published.store(next_, std::memory_order_release);
  tell_consumer();
}

Status SharedRingWriter::write(SharedFrameHead head, std::span<const std::byte> bytes) {
  if (bytes.size() > mapping_.slot_bytes()) {
    return Error{ErrorCode::invalid_argument,
                 "shared ring: a frame of " + std::to_string(bytes.size()) +
                     " bytes does not fit into a slot of " + std::to_string(mapping_.slot_bytes())};
  }
  const std::span<std::byte> slot = begin();
  if (slot.empty()) {
    return Error{ErrorCode::resource_exhausted, "shared ring: the consumer is behind by all " +
                                                    std::to_string(mapping_.slots()) + " slots"};
  }
  if (!bytes.empty()) std::memcpy(slot.data(), bytes.data(), bytes.size());
  head.bytes = bytes.size();
  commit(head);
  return {};
}

void SharedRingWriter::tell_consumer() noexcept {
  signal_peer(mapping_.head().news, mapping_.head().consumer_waits);
}

std::uint32_t SharedRingWriter::consumers() const noexcept {
  return mapping_.head().consumers.load(std::memory_order_relaxed);
}

Result<std::unique_ptr<SharedRingWriter>> SharedRingWriter::claim(const SharedRing& ring,
                                                                  WhenRingFull when_full,
                                                                  const Clock& clock) {
  PARLEY_TRY(SharedRingMapping mapping, SharedRingMapping::claim(ring, SharedRingRole::producer));
  return std::unique_ptr<SharedRingWriter>(
      new SharedRingWriter(std::move(mapping), when_full, clock));
}

SharedRingWriter::SharedRingWriter(SharedRingMapping mapping, WhenRingFull when_full,
                                   const Clock& clock)
    : mapping_(std::move(mapping)),
      when_full_(when_full),
      clock_(clock),
      room_(mapping_.head().room, mapping_.head().producer_waits),
      next_(mapping_.head().published.load(std::memory_order_acquire)) {
  SharedRingHead& head = mapping_.head();
  head.producer_pid.store(static_cast<std::uint32_t>(::getpid()), std::memory_order_relaxed);
  head.dropped.store(0, std::memory_order_relaxed);
  head.finished.store(0, std::memory_order_relaxed);
  head.producers.fetch_add(1, std::memory_order_release);
  tell_consumer();
}

SharedRingWriter::~SharedRingWriter() {
  mapping_.head().finished.store(1, std::memory_order_release);
  tell_consumer();
}

}  // namespace parley::media
