// SPDX-License-Identifier: Apache-2.0
//
// A first-in first-out queue of runnables, linked through the runnables themselves: pushing
// allocates nothing and never fails. Its length is bounded by the number of runnables, because each
// is queued at most once.
//
// A short mutex, not a lock-free list: it is taken only where work enters an executor from outside,
// for two pointer writes.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

#include "exec/runnable.h"

namespace parley::exec {

class RunQueue {
 public:
  RunQueue() = default;
  RunQueue(const RunQueue&) = delete;
  RunQueue& operator=(const RunQueue&) = delete;
  /// Abandons what is still queued.
  ~RunQueue();

  void push(Runnable& runnable) noexcept;
  /// The one pushed first, or nullptr.
  [[nodiscard]] Runnable* pop() noexcept;
  /// Exact for whoever is ordered after the last push; a hint for others. Takes no lock.
  [[nodiscard]] bool empty() const noexcept { return size_.load(std::memory_order_acquire) == 0; }

 private:
  std::mutex mutex_;
  Runnable* first_ = nullptr;  // GUARDED_BY(mutex_)
  Runnable* last_ = nullptr;   // GUARDED_BY(mutex_)
  std::atomic<std::size_t> size_{0};
};

}  // namespace parley::exec
