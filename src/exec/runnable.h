// SPDX-License-Identifier: Apache-2.0
//
// What a thread runs, and what gives it threads. Intrusive, so that posting allocates nothing.
#pragma once

namespace parley::exec {

/// Something that can be queued once at a time. Its owner keeps it alive until `run` or `abandon`
/// has returned.
class Runnable {
 public:
  virtual ~Runnable() = default;
  virtual void run() noexcept = 0;
  /// Called instead of `run` when the executor goes away with this still queued.
  virtual void abandon() noexcept {}

 private:
  friend class RunQueue;
  Runnable* next_ = nullptr;  // the one behind in a RunQueue; guarded by that queue's lock
};

/// Runs what is posted, some time later, on a thread of its choosing; never inside `post`. It lives
/// longer than every thread that may still post to it (through a Waker, say).
///
/// WorkerPool (work stealing), ThreadExecutor (one thread, for a model) and ManualExecutor (the
/// caller's thread, in order: tests and virtual time) implement it.
/// Threads: any. Allocates: no.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(Runnable& runnable) noexcept = 0;
  /// `post`, as the last thing a runnable does in its own `run`: it goes behind what waits already,
  /// and no other thread needs to hurry for it.
  virtual void repost(Runnable& runnable) noexcept { post(runnable); }
};

}  // namespace parley::exec
