// SPDX-License-Identifier: Apache-2.0
#include "exec/timing_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"

namespace parley::exec {
namespace {

constexpr std::uint64_t make_id(std::uint32_t generation, std::uint32_t index) noexcept {
  return (std::uint64_t{generation} << 32U) | index;
}

}  // namespace

TimingWheel::TimingWheel(Tick now) : now_(now) {}

void TimingWheel::advance(Tick to, std::vector<Expired>& expired) {
  for (Tick next = next_event(); next <= to && next != kNever; next = next_event()) {
    now_ = next;
    arrive(expired);
  }
  now_ = std::max(now_, to);
}

/// At `now_`: moves down what was waiting for a digit that has come, then expires the slot of now.
void TimingWheel::arrive(std::vector<Expired>& expired) {
  if ((now_ & 0xFFFF'FFFFU) == 0) relink_all(kFarList);
  for (unsigned level = kLevels - 1; level > 0; --level) {
    relink_all(level * kSlots + digit(now_, level));
  }
  const std::size_t due = digit(now_, 0);
  while (lists_[due].first != kNil) {
    const std::uint32_t index = lists_[due].first;
    unlink(index);
    expired.push_back({make_id(nodes_[index].generation, index), std::move(nodes_[index].waker)});
    release(index);
  }
}

TimingWheel::Tick TimingWheel::next_event() const noexcept {
  for (unsigned level = 0; level < kLevels; ++level) {
    // Everything at a level comes after everything below it, because it differs in a higher digit.
    const int slot = next_used(level, digit(now_, level));
    if (slot < 0) continue;
    const unsigned shift = level * kDigitBits;
    const Tick prefix = (now_ >> (shift + kDigitBits)) << (shift + kDigitBits);
    return prefix | (static_cast<Tick>(slot) << shift);
  }
  return lists_[kFarList].first == kNil ? kNever : ((now_ >> 32U) + 1) << 32U;
}

TimingWheel::Id TimingWheel::insert(Tick at, Waker waker) {
  if (first_free_ == kNil) {
    PARLEY_CHECK(nodes_.size() < kNil);
    nodes_.emplace_back();
    first_free_ = static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  const std::uint32_t index = first_free_;
  Node& node = nodes_[index];
  first_free_ = node.next;
  node.at = std::max(at, now_ + 1);
  node.waker = std::move(waker);
  link(index);
  ++size_;
  return make_id(node.generation, index);
}

Waker TimingWheel::cancel(Id id) noexcept {
  const auto index = static_cast<std::uint32_t>(id & 0xFFFF'FFFFU);
  if (index >= nodes_.size()) return {};
  Node& node = nodes_[index];
  if (node.list == kNil || node.generation != id >> 32U) return {};
  unlink(index);
  Waker waker = std::move(node.waker);
  release(index);
  return waker;
}

unsigned TimingWheel::digit(Tick tick, unsigned level) noexcept {
  return static_cast<unsigned>((tick >> (level * kDigitBits)) & (kSlots - 1));
}

std::size_t TimingWheel::list_for(Tick at) const noexcept {
  const Tick difference = at ^ now_;
  // The highest bit that differs tells the highest digit that does; none differs for now itself.
  const auto level = static_cast<unsigned>(std::bit_width(difference | 1U) - 1) / kDigitBits;
  return level >= kLevels ? kFarList : level * kSlots + digit(at, level);
}

void TimingWheel::link(std::uint32_t index) noexcept {
  const std::size_t where = list_for(nodes_[index].at);
  Node& node = nodes_[index];
  List& list = lists_[where];
  node.list = static_cast<std::uint32_t>(where);
  node.previous = list.last;
  node.next = kNil;
  (list.last == kNil ? list.first : nodes_[list.last].next) = index;
  list.last = index;
  mark(where, true);
}

void TimingWheel::unlink(std::uint32_t index) noexcept {
  Node& node = nodes_[index];
  List& list = lists_[node.list];
  (node.previous == kNil ? list.first : nodes_[node.previous].next) = node.next;
  (node.next == kNil ? list.last : nodes_[node.next].previous) = node.previous;
  if (list.first == kNil) mark(node.list, false);
}

void TimingWheel::release(std::uint32_t index) noexcept {
  Node& node = nodes_[index];
  if (++node.generation == 0) node.generation = 1;  // so that an Id is never 0
  node.list = kNil;
  node.next = first_free_;
  first_free_ = index;
  --size_;
}

/// Files every timer of a list anew, by its distance from now.
void TimingWheel::relink_all(std::size_t list) noexcept {
  std::uint32_t index = lists_[list].first;
  if (index == kNil) return;
  lists_[list] = List{};  // emptied first: a timer may come back into the same list
  mark(list, false);
  while (index != kNil) {
    const std::uint32_t next = nodes_[index].next;
    link(index);
    index = next;
  }
}

void TimingWheel::mark(std::size_t list, bool is_used) noexcept {
  if (list == kFarList) return;
  std::uint64_t& word = used_[list / kSlots][(list % kSlots) / 64];
  const std::uint64_t bit = std::uint64_t{1} << (list % 64);
  word = is_used ? word | bit : word & ~bit;
}

/// The first used slot of a level behind `after`, or -1.
int TimingWheel::next_used(unsigned level, unsigned after) const noexcept {
  const unsigned from = after + 1;
  for (unsigned word = from / 64; word < kSlots / 64; ++word) {
    std::uint64_t bits = used_[level][word];
    if (word == from / 64) bits &= ~std::uint64_t{0} << (from % 64);
    if (bits != 0) return static_cast<int>(word * 64) + std::countr_zero(bits);
  }
  return -1;
}

}  // namespace parley::exec
