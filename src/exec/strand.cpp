// SPDX-License-Identifier: Apache-2.0
#include "exec/strand.h"

#include <utility>

namespace parley::exec {
namespace {

// The strand whose slice runs on this thread. Slices nest only where a test runs a ManualExecutor
// from inside a slice; the outer one is put back.
thread_local const Strand* current_strand = nullptr;

}  // namespace

std::shared_ptr<Strand> Strand::make(Executor& executor, StrandBody& body) {
  return std::shared_ptr<Strand>(new Strand(executor, body));  // the constructor is private
}

void Strand::wake() noexcept {
  // Always a read-modify-write, even when the bits are set already: it orders what the caller wrote
  // before the wake with the exchange that begins the next slice. A plain load could miss it.
  const std::uint32_t before = state_.fetch_or(kWoken | kScheduled, std::memory_order_acq_rel);
  if ((before & (kScheduled | kClosed)) != 0) return;
  queued_self_ = shared_from_this();
  executor_.post(*this);
}

void Strand::run() noexcept {
  // From here this frame keeps the strand alive: as soon as the state says idle, the next waker
  // may fill queued_self_ again.
  std::shared_ptr<Strand> self = std::move(queued_self_);
  if (!begin_slice()) return;
  const Strand* const outer = std::exchange(current_strand, this);
  const bool has_more = body_.run_slice();
  current_strand = outer;
  if (!end_slice(has_more)) return;
  queued_self_ = std::move(self);
  executor_.repost(*this);
}

void Strand::abandon() noexcept { const std::shared_ptr<Strand> last = std::move(queued_self_); }

/// queued → running. False when the strand was closed meanwhile: the body may be gone.
bool Strand::begin_slice() noexcept {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  do {
    if ((state & kClosed) != 0) return false;
  } while (!state_.compare_exchange_weak(state, (state & ~kWoken) | kRunning,
                                         std::memory_order_acq_rel, std::memory_order_relaxed));
  return true;
}

/// running → queued (true: the caller reposts) or idle.
bool Strand::end_slice(bool has_more) noexcept {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  std::uint32_t next = 0;
  bool runs_again = false;
  do {
    runs_again = (state & kClosed) == 0 && (has_more || (state & kWoken) != 0);
    next = state & ~kRunning;
    if (!runs_again) next &= ~kScheduled;
  } while (!state_.compare_exchange_weak(state, next, std::memory_order_acq_rel,
                                         std::memory_order_relaxed));
  if ((state & kClosed) != 0) state_.notify_all();  // a closer may wait for this slice
  return runs_again;
}

void Strand::close() noexcept {
  std::uint32_t state = state_.fetch_or(kClosed, std::memory_order_acq_rel) | kClosed;
  if (is_current()) return;
  while ((state & kRunning) != 0) {
    state_.wait(state, std::memory_order_acquire);
    state = state_.load(std::memory_order_acquire);
  }
}

bool Strand::is_current() const noexcept { return current_strand == this; }

void Waker::wake() const noexcept {
  if (strand_ != nullptr) strand_->wake();
}

}  // namespace parley::exec
