// SPDX-License-Identifier: Apache-2.0
//
// Calls that a host's HTTP client is busy with: begun on its I/O thread, cancelled from outside,
// ended when they are done, or with the host. `T` is a model::CancelHook with `begin()` and
// `fail(Error)`.
// Threads: stated at each function.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "model/call.h"
#include "transport/client/http_client.h"

namespace parley::backend {

template <typename T>
class RunningCalls {
 public:
  /// More than `count_max` are refused and counted.
  RunningCalls(std::size_t count_max, Counter& refused)
      : count_max_(count_max), refused_(refused) {}

  /// False when too many run. Threads: any.
  bool start(model::Call& call, std::shared_ptr<T> running, transport::HttpClient& http) {
    {
      const std::lock_guard lock(mutex_);
      if (running_.size() >= count_max_) {
        refused_.add();
        return false;
      }
      running_.push_back(running);
    }
    call.set_cancel_hook(running.get());
    http.post([running = std::move(running)] { running->begin(); });
    return true;
  }
  /// One that is done. Threads: the I/O thread.
  void retire(T& done) {
    const std::lock_guard lock(mutex_);
    std::erase_if(running_, [&](const auto& one) { return one.get() == &done; });
  }
  /// The host goes. Threads: its owner's, after the I/O thread has ended.
  void fail_all() {
    std::vector<std::shared_ptr<T>> left;
    {
      const std::lock_guard lock(mutex_);
      left = running_;
    }
    for (const auto& one : left) one->fail({ErrorCode::unavailable, "The server is stopping."});
  }

 private:
  const std::size_t count_max_;
  Counter& refused_;
  std::mutex mutex_;                         // held for a push or an erase
  std::vector<std::shared_ptr<T>> running_;  // GUARDED_BY(mutex_)
};

}  // namespace parley::backend
