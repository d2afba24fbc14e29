// SPDX-License-Identifier: Apache-2.0
//
// One owner at a time. A strand runs its body on an executor, never on two threads at once, and
// only when somebody woke it. A session is one strand: everything the session can change is touched
// only inside `StrandBody::run_slice`, so a session holds no lock.
//
// A wake during a slice is never lost: the slice runs again. Wakes between slices coalesce.
// A slice must return within about 2 ms (exec/slice_budget.h) and says whether it has more to do;
// the strand then queues itself behind others, so that a busy session cannot starve a quiet one.
//
//   auto strand = Strand::make(pool, body);
//   Waker waker = strand->waker();       // hand out freely; harmless after close()
//   waker.wake();                        // body.run_slice() runs soon
//   strand->close();                     // no slice starts any more; waits for one that runs
#pragma once

#include <memory>
#include <utility>

#include "exec/runnable.h"
#include "exec/strand_state.h"

namespace parley::exec {

class StrandBody {
 public:
  virtual ~StrandBody() = default;
  /// One slice of work. Returns true when there is more to do right now. Threads: strand.
  virtual bool run_slice() noexcept = 0;
};

class Strand;

/// A cheap, copyable way to say "look again". Threads: any. Allocates: no. Outlives the strand.
class Waker {
 public:
  Waker() = default;
  /// Does nothing on a Waker that was made empty.
  void wake() const noexcept;
  explicit operator bool() const noexcept { return strand_ != nullptr; }

 private:
  friend class Strand;
  explicit Waker(std::shared_ptr<Strand> strand) : strand_(std::move(strand)) {}
  // Shared, because model hosts and timers keep wakers past the end of a session.
  std::shared_ptr<Strand> strand_;
};

class Strand final : public Runnable, public std::enable_shared_from_this<Strand> {
 public:
  /// `executor` outlives the strand; `body` lives until `close` has returned.
  static std::shared_ptr<Strand> make(Executor& executor, StrandBody& body);

  /// Threads: any. Allocates: no.
  void wake() noexcept;
  [[nodiscard]] Waker waker() { return Waker(shared_from_this()); }

  /// After this returns the body is never touched again. Waits for a slice that is running on
  /// another thread, so two strands must not close each other; called from inside a slice it takes
  /// effect when that slice returns. Closing twice is fine.
  void close() noexcept;

  /// True inside this strand's slice on the calling thread (for assertions).
  [[nodiscard]] bool is_current() const noexcept;

 private:
  Strand(Executor& executor, StrandBody& body) : executor_(executor), body_(body) {}
  void run() noexcept override;
  void abandon() noexcept override;

  Executor& executor_;
  StrandBody& body_;
  StrandState<> state_;
  // Keeps the strand alive while an executor's queue holds a bare pointer to it. Written only by
  // whoever scheduled it, then only by `run` and `abandon`.
  std::shared_ptr<Strand> queued_self_;
};

}  // namespace parley::exec
