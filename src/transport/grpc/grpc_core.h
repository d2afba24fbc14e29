// SPDX-License-Identifier: Apache-2.0
//
// What the calls of a server share. Private to src/transport/grpc.
//
// Threads: any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "base/metrics.h"
#include "exec/thread_executor.h"
#include "transport/grpc/grpc_server.h"

namespace parley::transport {

struct GrpcCounters {
  explicit GrpcCounters(Metrics& metrics);

  Gauge& calls;
  Counter& started;
  Counter& refused;    // calls_max
  Counter& cancelled;  // by the peer, its deadline or its connection's end
  Counter& messages_in;
  Counter& messages_out;
  Counter& bytes_in;
  Counter& bytes_out;
  Counter& slow_peers;  // queue_bytes_hard
};

class GrpcCore {
 public:
  GrpcCore(const GrpcOptions& with, Metrics& metrics) : options(with), counters(metrics) {}

  const GrpcOptions options;
  GrpcCounters counters;

  /// False: the call is one too many, and shall end at once. It leaves like the others.
  [[nodiscard]] bool enter() {
    counters.started.add();
    counters.calls.add(1);
    const std::lock_guard lock(mutex_);
    return ++calls_ <= options.calls_max;
  }
  void leave() {
    counters.calls.add(-1);
    const std::lock_guard lock(mutex_);
    --calls_;
    // Under the lock: whoever waits may destroy this as soon as nobody is inside.
    changed_.notify_all();
  }
  [[nodiscard]] std::size_t calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  void wait_until_empty() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return calls_ == 0; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t calls_ = 0;  // GUARDED_BY(mutex_)

 public:
  exec::ThreadExecutor loop{"parley-grpc", {}, exec::Slices::brief};  // last: it runs the calls
};

}  // namespace parley::transport
