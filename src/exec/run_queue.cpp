// SPDX-License-Identifier: Apache-2.0
#include "exec/run_queue.h"

namespace parley::exec {

RunQueue::~RunQueue() {
  while (Runnable* runnable = pop()) runnable->abandon();
}

void RunQueue::push(Runnable& runnable) noexcept {
  const std::lock_guard lock(mutex_);
  runnable.next_ = nullptr;
  if (last_ == nullptr) {
    first_ = &runnable;
  } else {
    last_->next_ = &runnable;
  }
  last_ = &runnable;
  size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

Runnable* RunQueue::pop() noexcept {
  if (empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  Runnable* const runnable = first_;
  if (runnable == nullptr) return nullptr;
  first_ = runnable->next_;
  if (first_ == nullptr) last_ = nullptr;
  size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_release);
  return runnable;
}

}  // namespace parley::exec
