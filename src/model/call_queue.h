// SPDX-License-Identifier: Apache-2.0
//
// The calls that wait for a model: bounded, earliest deadline first, equal deadlines in order of
// arrival. A call that is cancelled while it waits is taken out by whoever cancels it.
//
// Threads: any. Allocates: only in the constructor. Full: `push` says no.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "model/call.h"

namespace parley::model {

template <typename CallType>
class CallQueue {
 public:
  struct Item {
    std::shared_ptr<CallType> call;  // shared with the session, which may end first
    Instant submitted;
    std::uint64_t order = 0;
    static constexpr bool is_begun = false;  // what waits here was never run
  };

  /// `capacity` >= 1 calls.
  explicit CallQueue(std::size_t capacity) : capacity_(capacity) { heap_.reserve(capacity); }

  /// Takes the reference only when it says yes.
  [[nodiscard]] bool push(std::shared_ptr<CallType>& call, Instant now) noexcept {
    const std::lock_guard lock(mutex_);
    if (closed_ || heap_.size() >= capacity_) return false;
    heap_.push_back({std::move(call), now, next_order_++});
    std::push_heap(heap_.begin(), heap_.end(), is_later);
    return true;
  }

  /// Appends the most urgent calls, at most `count_max`, to `out`; `out` has room reserved.
  void pop(std::size_t count_max, Instant /*now*/, std::vector<Item>& out) noexcept {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < count_max && !heap_.empty(); ++i) {
      std::pop_heap(heap_.begin(), heap_.end(), is_later);
      out.push_back(std::move(heap_.back()));
      heap_.pop_back();
    }
  }

  /// One run finishes a call: none is put back.
  [[nodiscard]] static bool after_run(Item& /*item*/, Nanos /*ran*/, Instant /*now*/) noexcept {
    return false;
  }
  static void forget(const Item& /*item*/) noexcept {}

  /// Takes one call out; nothing when it is not (or no longer) here.
  [[nodiscard]] std::shared_ptr<CallType> remove(const Call& call) noexcept {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(heap_.begin(), heap_.end(),
                                    [&](const Item& item) { return item.call.get() == &call; });
    if (found == heap_.end()) return nullptr;
    std::shared_ptr<CallType> taken = std::move(found->call);
    *found = std::move(heap_.back());
    heap_.pop_back();
    std::make_heap(heap_.begin(), heap_.end(), is_later);
    return taken;
  }

  /// Refuses further calls.
  void close() noexcept {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }

  /// When the call that waits longest was submitted; never() when none waits.
  [[nodiscard]] Instant oldest() const noexcept {
    const std::lock_guard lock(mutex_);
    Instant oldest = Instant::never();
    for (const Item& item : heap_) oldest = std::min(oldest, item.submitted);
    return oldest;
  }

  [[nodiscard]] std::size_t size() const noexcept {
    const std::lock_guard lock(mutex_);
    return heap_.size();
  }

 private:
  static bool is_later(const Item& a, const Item& b) noexcept {
    if (a.call->deadline() != b.call->deadline()) return a.call->deadline() > b.call->deadline();
    return a.order > b.order;
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;      // held for a few moves only
  std::vector<Item> heap_;        // GUARDED_BY(mutex_)
  std::uint64_t next_order_ = 0;  // GUARDED_BY(mutex_)
  bool closed_ = false;           // GUARDED_BY(mutex_)
};

}  // namespace parley::model
