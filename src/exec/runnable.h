// SPDX-License-Identifier: Apache-2.0
//
// What a thread runs, and what gives it threads. Intrusive, so that posting allocates nothing.
#pragma once

#include <atomic>

namespace parley::exec {

/// Something that can be queued once at a time. Its owner keeps it alive until `run` has returned.
class Runnable {
 public:
  virtual ~Runnable() = default;
  virtual void run() noexcept = 0;

 private:
  friend class RunQueue;
  std::atomic<Runnable*> next_{nullptr};
};

/// Runs what is posted, some time later, on a thread of its choosing.
///
/// WorkerPool (work stealing), ThreadExecutor (one thread, for a model) and ManualExecutor (the
/// caller's thread, in order: tests and virtual time) implement it.
/// Threads: any. Allocates: no.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(Runnable& runnable) noexcept = 0;
};

}  // namespace parley::exec
