// SPDX-License-Identifier: Apache-2.0
//
// What a wild producer may do to us: make us skip, lose or misread frames, and wake us in vain. The
// place of a frame follows from our own index and the geometry that was checked when the ring was
// opened; its length is read once and checked; which slots are out we remember ourselves.
#include "media/shared_ring_reader.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include <unistd.h>

namespace parley::media {

/// Everything that frames need after the reader is gone.
struct SharedRingReader::State final : ExternalMemory, std::enable_shared_from_this<State> {
  explicit State(SharedRingMapping claimed)
      : mapping(std::move(claimed)), out(mapping.slots()), keeps(mapping.slots()) {}

  void lend(std::uint64_t index) {
    keeps[index % out.size()] = shared_from_this();
    out[index % out.size()].store(true, std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_out(std::uint64_t index) const noexcept {
    return out[index % out.size()].load(std::memory_order_acquire);
  }
  void release(std::uint64_t index) noexcept override {
    // The last frame of a reader that is gone unmaps the ring, at the end of this function.
    const std::shared_ptr<State> self = std::move(keeps[index % out.size()]);
    out[index % out.size()].store(false, std::memory_order_release);
    give_back(index);
  }
  void give_back(std::uint64_t index) noexcept {
    mapping.slot_head(index).word.store(slot_word(index, SlotState::free),
                                        std::memory_order_release);
    tell_producer();
  }
  void tell_producer() noexcept { signal_peer(mapping.head().room, mapping.head().producer_waits); }

  SharedRingMapping mapping;
  std::vector<std::atomic<bool>> out;         // by slot: a frame of it is out
  std::vector<std::shared_ptr<State>> keeps;  // by slot: ourselves, while one is out
};

namespace {

bool is_rate(std::uint32_t rate) noexcept {
  return rate >= kSharedFrameRateMin && rate <= kSharedFrameRateMax &&
         MediaTime::kPerSecond % rate == 0;
}

/// The head of a slot, each field read once. Nothing when it makes no sense.
std::optional<SharedFrame> read_head(const SharedSlotHead& slot, std::size_t slot_bytes) noexcept {
  constexpr auto relaxed = std::memory_order_relaxed;
  const std::uint32_t kind = slot.kind.load(relaxed);
  const std::uint32_t rate = slot.rate.load(relaxed);
  const std::uint32_t channels = slot.channels.load(relaxed);
  SharedFrame frame;
  frame.head.bytes = slot.bytes.load(relaxed);
  frame.head.pts.flicks = slot.pts.load(relaxed);
  frame.head.sequence = slot.sequence.load(relaxed);
  frame.written_at.since_zero = Nanos(slot.written_at.load(relaxed));
  if (frame.head.bytes == 0 || frame.head.bytes > slot_bytes) return std::nullopt;
  if (frame.head.pts > kSharedFramePtsMax || frame.head.pts < MediaTime{} - kSharedFramePtsMax) {
    return std::nullopt;
  }
  if (kind == static_cast<std::uint32_t>(SharedFrameKind::bytes)) {
    frame.head.kind = SharedFrameKind::bytes;
    return frame;
  }
  if (kind != static_cast<std::uint32_t>(SharedFrameKind::audio)) return std::nullopt;
  if (channels < 1 || channels > kSharedFrameChannelsMax || !is_rate(rate) ||
      frame.head.bytes % (sizeof(float) * channels) != 0) {
    return std::nullopt;
  }
  frame.head.format = {.rate = static_cast<int>(rate), .channels = static_cast<int>(channels)};
  return frame;
}

}  // namespace

std::optional<SharedFrame> SharedRingReader::read() {
  const std::uint64_t published = state_->mapping.head().published.load(std::memory_order_acquire);
  keep_up(published);
  while (next_ != published) {
    const std::uint64_t index = next_++;
    if (!take_slot(index)) continue;
    const SharedSlotHead& slot = state_->mapping.slot_head(index);
    std::optional<SharedFrame> frame = read_head(slot, state_->mapping.slot_bytes());
    if (!frame) {
      ++stats_.refused;
      state_->give_back(index);
      continue;
    }
    state_->lend(index);
    frame->data =
        buffers_.wrap({state_->mapping.slot_data(index), frame->head.bytes}, *state_, index);
    ++stats_.read;
    return frame;
  }
  return std::nullopt;
}

bool SharedRingReader::has_more() const noexcept {
  return state_->mapping.head().published.load(std::memory_order_acquire) != next_;
}

/// At most one round of the ring is left to read; a jump backwards is a wild producer's.
void SharedRingReader::keep_up(std::uint64_t published) noexcept {
  const std::uint64_t slots = state_->mapping.slots();
  const std::uint64_t ahead = published - next_;
  if (ahead <= slots) return;
  constexpr std::uint64_t kFar = std::uint64_t{1} << 40U;
  if (ahead < kFar) {
    stats_.lost += ahead - slots;
  } else {
    ++stats_.refused;
  }
  next_ = published - slots;
}

bool SharedRingReader::take_slot(std::uint64_t index) noexcept {
  std::uint64_t seen = slot_word(index, SlotState::ready);
  std::atomic<std::uint64_t>& word = state_->mapping.slot_head(index).word;
  if (state_->is_out(index)) {
    // An honest producer passes over a slot that we hold; its index then has no frame.
    if (word.load(std::memory_order_relaxed) == seen) ++stats_.refused;
    return false;
  }
  if (word.compare_exchange_strong(seen, slot_word(index, SlotState::reading),
                                   std::memory_order_acq_rel)) {
    return true;
  }
  if (slot_index(seen) > slot_index(slot_word(index, SlotState::ready))) ++stats_.lost;
  return false;
}

ProducerState SharedRingReader::producer() const noexcept {
  const SharedRingHead& head = state_->mapping.head();
  if (head.producers.load(std::memory_order_acquire) == 0) return ProducerState::none;
  if (state_->mapping.peer_is_alive()) return ProducerState::alive;
  return head.finished.load(std::memory_order_acquire) != 0 ? ProducerState::finished
                                                            : ProducerState::gone;
}

std::uint32_t SharedRingReader::producers() const noexcept {
  return state_->mapping.head().producers.load(std::memory_order_relaxed);
}

Result<std::unique_ptr<SharedRingReader>> SharedRingReader::claim(const SharedRing& ring,
                                                                  BufferPool& buffers) {
  PARLEY_TRY(SharedRingMapping mapping, SharedRingMapping::claim(ring, SharedRingRole::consumer));
  return std::unique_ptr<SharedRingReader>(
      new SharedRingReader(std::make_shared<State>(std::move(mapping)), buffers));
}

SharedRingReader::SharedRingReader(std::shared_ptr<State> state, BufferPool& buffers)
    : state_(std::move(state)),
      news_(state_->mapping.head().news, state_->mapping.head().consumer_waits),
      buffers_(buffers) {
  SharedRingHead& head = state_->mapping.head();
  const std::size_t slots = state_->mapping.slots();
  // What a consumer that died was reading.
  for (std::uint64_t slot = 0; slot < slots; ++slot) {
    std::atomic<std::uint64_t>& word = state_->mapping.slot_head(slot).word;
    const std::uint64_t seen = word.load(std::memory_order_relaxed);
    if (slot_state(seen) == SlotState::reading) {
      word.store(slot_word(slot_index(seen), SlotState::free), std::memory_order_release);
    }
  }
  const std::uint64_t published = head.published.load(std::memory_order_acquire);
  next_ = published - std::min<std::uint64_t>(published, slots);
  head.consumer_pid.store(static_cast<std::uint32_t>(::getpid()), std::memory_order_relaxed);
  head.consumers.fetch_add(1, std::memory_order_release);
  state_->tell_producer();
}

SharedRingReader::~SharedRingReader() = default;

}  // namespace parley::media
