// SPDX-License-Identifier: Apache-2.0
//
// One piece of work on its way between a session's strand and a model host's thread.
//
// The strand fills a call, submits it and is woken when it is done; it owns the call's fields
// before submit and after `done()`, the host owns them in between. Calls are shared because a
// session may end while a host still works for it: the host then finishes, or notices the cancel,
// and drops the last reference. Streaming results (LLM text) flow through a ring of their own while
// it runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "exec/strand.h"

namespace parley::model {

class Call;

/// Who has a call at the moment and can stop it sooner than the next look at `cancelled()`: the
/// host while the call waits, the model while it runs.
class CancelHook {
 public:
  virtual ~CancelHook() = default;
  /// Threads: the one that cancels. Short; it may finish the call, and must not cancel or re-hook
  /// it.
  virtual void on_cancel(Call& call) noexcept = 0;
};

/// Threads: any.
class Call {
 public:
  virtual ~Call() = default;

  /// Stops the work as soon as the model can (ONNX Runtime: RunOptionsSetTerminate; llama.cpp: the
  /// next token). The call still becomes done, with ErrorCode::cancelled: at once when it had not
  /// started.
  void cancel() noexcept {
    cancelled_.store(true, std::memory_order_release);
    {
      const std::lock_guard lock(hook_mutex_);
      if (hook_ != nullptr) hook_->on_cancel(*this);
      hook_ = nullptr;  // once: its owner may be gone before the next cancel
    }
    on_cancel();
  }
  /// Host or model: `hook` hears of the next cancel, unless it is replaced before; nullptr: nobody
  /// does. After this returns the previous hook is not called any more. Look at `cancelled()`
  /// afterwards: a cancel that came before told nobody.
  void set_cancel_hook(CancelHook* hook) noexcept {
    const std::lock_guard lock(hook_mutex_);
    hook_ = hook;
  }
  [[nodiscard]] bool cancelled() const noexcept {
    return cancelled_.load(std::memory_order_acquire);
  }

  /// Strand: submitted and not yet done.
  [[nodiscard]] bool in_flight() const noexcept {
    return state_.load(std::memory_order_acquire) == State::in_flight;
  }
  [[nodiscard]] bool done() const noexcept {
    return state_.load(std::memory_order_acquire) == State::done;
  }

  /// Strand, before submit: makes a fresh or done call ready for use.
  void begin(exec::Waker waker, Instant deadline) noexcept {
    waker_ = std::move(waker);
    deadline_ = deadline;
    cancelled_.store(false, std::memory_order_relaxed);
    state_.store(State::in_flight, std::memory_order_release);
  }
  /// Host: the results are in place.
  void finish() noexcept {
    // A strand that is awake for another reason may begin the call anew as soon as it is done.
    const exec::Waker waker = waker_;
    state_.store(State::done, std::memory_order_release);
    waker.wake();
  }
  /// Host: something streamed; the strand should look.
  void notify() const noexcept { waker_.wake(); }
  /// When the result is wanted; hosts serve the earliest first.
  [[nodiscard]] Instant deadline() const noexcept { return deadline_; }

 protected:
  virtual void on_cancel() noexcept {}

 private:
  enum class State : std::uint8_t { idle, in_flight, done };
  std::atomic<State> state_{State::idle};
  std::atomic<bool> cancelled_{false};
  std::mutex hook_mutex_;       // held for a flag or an unlinking; never while a model runs
  CancelHook* hook_ = nullptr;  // GUARDED_BY(hook_mutex_)
  exec::Waker waker_;
  Instant deadline_ = Instant::never();
};

}  // namespace parley::model
