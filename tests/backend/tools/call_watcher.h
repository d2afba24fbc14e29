// SPDX-License-Identifier: Apache-2.0
//
// Waits, on the test's thread, for calls that finish on others. Threads: one owner.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "exec/strand.h"
#include "exec/thread_executor.h"
#include "model/call.h"

namespace parley::test {

class CallWatcher final : public exec::StrandBody {
 public:
  ~CallWatcher() override { strand_->close(); }

  [[nodiscard]] exec::Waker waker() const { return strand_->waker(); }
  void wait_for(const model::Call& call) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return call.done(); });
  }

 private:
  bool run_slice() noexcept override {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    return false;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  exec::ThreadExecutor executor_{"call-watcher"};
  std::shared_ptr<exec::Strand> strand_ = exec::Strand::make(executor_, *this);
};

}  // namespace parley::test
