// SPDX-License-Identifier: Apache-2.0
//
// Counts connections that carry a session, so that an ending server can wait for the last one, and
// knows those for which nothing runs.
//
// Threads: any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "server/idle_sockets.h"

namespace parley::server {

class SessionGate {
 public:
  /// Held by each connection for as long as it lives.
  class Pass {
   public:
    explicit Pass(SessionGate& gate) : gate_(&gate) { gate.change(1); }
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->change(-1);
    }

   private:
    SessionGate* gate_;
  };

  /// Those that close as soon as nothing runs for them.
  [[nodiscard]] IdleSockets& idle() noexcept { return idle_; }
  /// False when somebody is still inside after `limit`. Blocks the caller.
  [[nodiscard]] bool wait_until_empty(Millis limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return inside_ == 0; });
  }

 private:
  void change(int by) {
    const std::lock_guard lock(mutex_);
    inside_ += by;
    // Under the lock: whoever waits may destroy the gate as soon as it is empty.
    changed_.notify_all();
  }

  IdleSockets idle_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;  // GUARDED_BY(mutex_)
};

}  // namespace parley::server
