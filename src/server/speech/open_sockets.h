// SPDX-License-Identifier: Apache-2.0
//
// The speaking sockets that are open, so that a server that ends can ask them to: each closes as
// soon as it has nothing more to say.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "exec/strand.h"

namespace parley::server {

class OpenSockets {
 public:
  /// Held by each socket for as long as it lives.
  class Place {
   public:
    Place(OpenSockets& all, exec::Waker waker) : all_(&all), id_(all.add(std::move(waker))) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { all_->remove(id_); }

   private:
    OpenSockets* all_;
    std::uint64_t id_;
  };

  /// True once `drain` was called.
  [[nodiscard]] bool draining() const noexcept { return draining_.load(std::memory_order_acquire); }
  /// Wakes every socket.
  void drain() {
    draining_.store(true, std::memory_order_release);
    const std::lock_guard lock(mutex_);
    for (const auto& [id, waker] : wakers_) waker.wake();
  }

 private:
  std::uint64_t add(exec::Waker waker) {
    const std::lock_guard lock(mutex_);
    wakers_.emplace(++last_, std::move(waker));
    return last_;
  }
  void remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    wakers_.erase(id);
  }

  std::atomic<bool> draining_{false};
  std::mutex mutex_;                             // held for a few moves, and to wake all
  std::map<std::uint64_t, exec::Waker> wakers_;  // GUARDED_BY(mutex_)
  std::uint64_t last_ = 0;                       // GUARDED_BY(mutex_)
};

}  // namespace parley::server
