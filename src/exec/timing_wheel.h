// SPDX-License-Identifier: Apache-2.0
//
// Many deadlines, cheaply: insert and cancel are O(1) whatever the number of timers. A hierarchical
// timing wheel (Varghese and Lauck, SOSP 1987) over ticks; it knows no clock and no thread. One
// tick is 1 ms where TimerThread uses it.
//
// Four levels of 256 slots. Read a tick as digits of base 256: a timer lives at the level of the
// highest digit in which its tick differs from now, in the slot of that digit. When now reaches the
// slot, its timers move down a level, so each timer moves at most three times. What lies beyond the
// current 2^32 ticks (49 days at 1 ms) waits in one list more.
//
//   TimingWheel::Id id = wheel.insert(now + 20, waker);
//   sleep until wheel.next_event(); wheel.advance(now, expired);
//
// Threads: one owner, or under its lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "exec/strand.h"

namespace parley::exec {

class TimingWheel {
 public:
  using Tick = std::uint64_t;
  using Id = std::uint64_t;  // 0 is never given out; not reused for 2^32 timers of the same node
  static constexpr Tick kNever = ~Tick{0};

  struct Expired {
    Id id;
    Waker waker;
  };

  explicit TimingWheel(Tick now = 0);

  /// A tick that is not after `now()` counts as the next one. Allocates when more timers wait than
  /// ever before.
  Id insert(Tick at, Waker waker);
  /// Takes a timer out; an empty Waker when it fired already or never was.
  Waker cancel(Id id) noexcept;
  /// Moves time forward to `to` and appends what is due, in the order of ticks.
  void advance(Tick to, std::vector<Expired>& expired);

  /// The next tick at which `advance` has something to do: the next expiry or, at most three times
  /// in a timer's life, a move to a lower level. kNever when no timer waits.
  [[nodiscard]] Tick next_event() const noexcept;
  [[nodiscard]] Tick now() const noexcept { return now_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  static constexpr unsigned kLevels = 4;
  static constexpr unsigned kDigitBits = 8;
  static constexpr std::size_t kSlots = std::size_t{1} << kDigitBits;
  static constexpr std::size_t kFarList = kLevels * kSlots;  // beyond the highest level
  static constexpr std::uint32_t kNil = ~std::uint32_t{0};

  // Nodes are named by index, so that the vector may grow. A free node links the next free one.
  struct Node {
    Tick at = 0;
    Waker waker;
    std::uint32_t previous = kNil;
    std::uint32_t next = kNil;
    std::uint32_t generation = 1;  // odd use counter in an Id's upper half: old ids find nothing
    std::uint32_t list = kNil;     // kNil: free
  };
  struct List {
    std::uint32_t first = kNil;
    std::uint32_t last = kNil;
  };

  static unsigned digit(Tick tick, unsigned level) noexcept;
  [[nodiscard]] std::size_t list_for(Tick at) const noexcept;
  void link(std::uint32_t index) noexcept;
  void unlink(std::uint32_t index) noexcept;
  void release(std::uint32_t index) noexcept;
  void relink_all(std::size_t list) noexcept;
  void arrive(std::vector<Expired>& expired);
  void mark(std::size_t list, bool is_used) noexcept;
  [[nodiscard]] int next_used(unsigned level, unsigned after) const noexcept;

  Tick now_;
  std::size_t size_ = 0;
  std::vector<Node> nodes_;
  std::uint32_t first_free_ = kNil;
  std::array<List, kFarList + 1> lists_{};
  // One bit for each slot that holds a timer, so that empty stretches cost nothing.
  std::array<std::array<std::uint64_t, kSlots / 64>, kLevels> used_{};
};

}  // namespace parley::exec
