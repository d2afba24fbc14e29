// SPDX-License-Identifier: Apache-2.0
//
// What every model host is: a queue of calls in front of one or more threads that run the model.
//
// A worker takes what waits as soon as it is free, up to `batch_max` calls: under load batches form
// by themselves ("natural batching"), and an idle host never makes a call wait for company. Where a
// run costs nearly the same for any size of batch, as on a GPU, `batch_delay_max` makes it wait: a
// batch then closes when it is full or when its oldest call has waited that long.
//
// While one worker runs, another one joins only when a whole batch waits: a model runs a large
// batch for less than two small ones. With `batch_max` 1 that is at every call. Each worker is a
// strand on an executor of its own: a ThreadExecutor in production, a ManualExecutor in tests,
// where a whole call then runs in one thread.
//
// Where the queue knows calls that yield to others, one that runs is cancelled when another comes
// that may not wait for it and finds no worker idle.
//
// A call may need several runs (speech is made in steps): the queue takes it back after each, and
// says whose turn it is then. One file because who has a call at a moment must end it.
//
// Threads: `submit` any; the run function on the executors' threads, once at a time per worker.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "model/call_queue.h"
#include "model/host_metrics.h"

namespace parley::model {

struct HostOptions {
  std::string name{};                    // label of the metrics: "vad", "asr:moonshine-tiny-en"
  std::size_t queue_max = 256;           // calls that wait; further ones are refused and counted
  std::size_t batch_max = 1;             // calls in one run of the model
  Nanos batch_delay_max{};               // what a call may wait for a full batch; 0: not at all
  exec::TimerService* timers = nullptr;  // needed with batch_delay_max; outlives the host
};

/// `Queue` says whose turn it is, and whether a call needs further runs (call_queue.h,
/// tts_queue.h).
template <typename CallType, typename Queue = CallQueue<CallType>>
class HostCore final : public CancelHook {
 public:
  /// Runs the model for all calls of a batch and fills their results.
  using Run = std::function<void(std::span<CallType* const>)>;

  /// One worker per executor (at least one); they must outlive the host.
  /// `queue` follows the queue's capacity in its constructor.
  template <typename... QueueArguments>
  HostCore(HostOptions options, std::span<exec::Executor* const> executors, const Clock& clock,
           Metrics& metrics, Run run, QueueArguments... queue)
      : options_(std::move(options)),
        clock_(clock),
        metrics_(metrics, options_.name),
        run_(std::move(run)),
        queue_(options_.queue_max, queue...) {
    PARLEY_CHECK(!executors.empty() && options_.queue_max > 0 && options_.batch_max > 0);
    PARLEY_CHECK(options_.batch_delay_max == Nanos{} || options_.timers != nullptr);
    for (exec::Executor* executor : executors) {
      workers_.push_back(std::make_unique<Worker>(*this, *executor));
    }
  }

  /// Waits for the batches that run; calls that wait are done with ErrorCode::unavailable.
  ~HostCore() override {
    queue_.close();
    for (const std::unique_ptr<Worker>& worker : workers_) {
      worker->strand->close();
      if (worker->timer != 0) options_.timers->cancel(worker->timer);
    }
    std::vector<Item> left;
    left.reserve(queue_.size());
    queue_.pop(queue_.size(), clock_.now(), left);
    for (const Item& item : left) {
      item.call->set_cancel_hook(nullptr);
      fail(*item.call, {ErrorCode::unavailable, options_.name + ": the model is being unloaded"});
    }
    metrics_.queue_depth.add(-static_cast<std::int64_t>(left.size()));
  }

  HostCore(const HostCore&) = delete;
  HostCore& operator=(const HostCore&) = delete;

  [[nodiscard]] const Queue& queue() const noexcept { return queue_; }
  /// Of a call that was turned away in front of the queue.
  void count_failure(ErrorCode code) noexcept { metrics_.count_failure(code); }

  bool submit(std::shared_ptr<CallType> call) noexcept {
    const bool interrupts = may_interrupt(*call);
    // Before the push: a worker may have the call, and finish it, as soon as it is in the queue.
    call->set_cancel_hook(this);
    metrics_.queue_depth.add(1);
    if (!queue_.push(call, clock_.now())) {
      call->set_cancel_hook(nullptr);
      metrics_.queue_depth.add(-1);
      metrics_.refused.add();
      return false;
    }
    if (!wake_one() && interrupts) interrupt_one();
    return true;
  }

 private:
  using Item = typename Queue::Item;
  static constexpr bool kYields = requires(const CallType& call) { Queue::yields(call); };

  struct Worker final : exec::StrandBody {
    Worker(HostCore& core, exec::Executor& executor)
        : host(core), strand(exec::Strand::make(executor, *this)) {
      items.reserve(core.options_.batch_max);
      batch.reserve(core.options_.batch_max);
    }
    bool run_slice() noexcept override { return host.run_batch(*this); }

    HostCore& host;
    std::atomic<bool> idle{true};
    Instant batch_due = Instant::never();  // when the timer wakes it
    exec::TimerService::Id timer = 0;
    std::vector<Item> items;
    std::vector<CallType*> batch;
    std::mutex yielding_mutex;             // held for a move, and while a call is cancelled
    std::shared_ptr<CallType> yielding;    // GUARDED_BY(yielding_mutex): runs, and yields
    std::shared_ptr<exec::Strand> strand;  // shared: executors and wakers hold it too
  };

  /// When it wakes nobody, a worker that runs will look at the queue again before it becomes idle.
  bool wake_one() noexcept {
    const bool is_whole_batch = options_.batch_max == 1 || queue_.size() >= options_.batch_max;
    for (const std::unique_ptr<Worker>& worker : workers_) {
      if (worker->idle.exchange(false)) {
        worker->strand->wake();
        return true;
      }
      if (!is_whole_batch) return false;
    }
    return false;
  }

  [[nodiscard]] bool may_interrupt(const CallType& call) const noexcept {
    if constexpr (kYields) {
      return Queue::interrupts(call, clock_.now());
    } else {
      return false;
    }
  }

  void interrupt_one() noexcept {
    for (const std::unique_ptr<Worker>& worker : workers_) {
      const std::lock_guard lock(worker->yielding_mutex);
      if (worker->yielding == nullptr) continue;
      worker->yielding->cancel();
      worker->yielding.reset();
      return;
    }
  }

  /// The call that runs next, if it yields, or nothing.
  void set_yielding(Worker& worker, std::shared_ptr<CallType> call) noexcept {
    const std::lock_guard lock(worker.yielding_mutex);
    worker.yielding = std::move(call);
  }

  /// True: the worker sleeps until a batch is full or due.
  bool wait_for_batch(Worker& worker) noexcept {
    const Instant oldest = queue_.oldest();
    if (oldest == Instant::never()) return false;  // nothing waits: another worker's, or cancelled
    const Instant due = oldest + options_.batch_delay_max;
    if (queue_.size() < options_.batch_max && clock_.now() < due) {
      if (due != worker.batch_due) {
        if (worker.timer != 0) options_.timers->cancel(worker.timer);
        worker.timer = options_.timers->schedule(due, worker.strand->waker());
        worker.batch_due = due;
      }
      worker.idle.store(true);
      // The call that fills the batch may have come between the look and the flag.
      if (queue_.size() < options_.batch_max) return true;
    }
    worker.idle.store(false);  // the timer, and not a call, may have woken it
    return false;
  }

  bool run_batch(Worker& worker) noexcept {
    if (options_.batch_delay_max > Nanos{} && wait_for_batch(worker)) return false;
    worker.items.clear();
    worker.batch.clear();
    const Instant started = clock_.now();
    queue_.pop(options_.batch_max, started, worker.items);
    if (worker.items.empty()) {
      worker.idle.store(true);
      // A call may have come between the look and the flag; its submitter saw no idle worker.
      return queue_.size() > 0 && worker.idle.exchange(false);
    }
    metrics_.queue_depth.add(-static_cast<std::int64_t>(worker.items.size()));
    for (const Item& item : worker.items) {
      item.call->set_cancel_hook(nullptr);
      if (!item.is_begun) metrics_.observe_wait(started - item.submitted);
    }
    std::erase_if(worker.items, [&](const Item& item) { return is_over(item, started); });
    for (const Item& item : worker.items) worker.batch.push_back(item.call.get());
    if (!worker.batch.empty()) {
      if constexpr (kYields) {
        if (Queue::yields(*worker.batch.front())) set_yielding(worker, worker.items.front().call);
      }
      run_(worker.batch);
      if constexpr (kYields) set_yielding(worker, nullptr);
      const Instant ended = clock_.now();
      metrics_.observe_run(ended - started, worker.batch.size());
      for (Item& item : worker.items) conclude(item, ended - started, ended);
    }
    worker.items.clear();
    return true;
  }

  /// Instead of a run: the call was cancelled, or its turn has come too late.
  bool is_over(const Item& item, Instant now) noexcept {
    if (item.call->cancelled()) {
      queue_.forget(item);
      fail_cancelled(*item.call);
      return true;
    }
    if constexpr (requires { queue_.is_late(item, now); }) {
      if (queue_.is_late(item, now)) {
        queue_.forget(item);
        metrics_.dropped.add();
        fail(*item.call, {ErrorCode::deadline_exceeded, options_.name + ": too late"});
        return true;
      }
    }
    return false;
  }

  /// After a run: the call waits for its next one, or is done.
  void conclude(Item& item, Nanos ran, Instant now) noexcept {
    const std::shared_ptr<CallType> call = item.call;
    if constexpr (requires { call->has_more; }) {
      if (call->has_more) {
        call->set_cancel_hook(this);
        metrics_.queue_depth.add(1);
        // Before the next look at the queue: what is put back is this worker's, if nobody else's.
        PARLEY_CHECK(queue_.after_run(item, ran, now));
        if (call->cancelled()) on_cancel(*call);  // a cancel before it was back found nothing
        return;
      }
    }
    static_cast<void>(queue_.after_run(item, ran, now));
    if (!call->status) metrics_.count_failure(call->status.error().code);
    call->finish();
  }

  void on_cancel(Call& call) noexcept override {
    const std::shared_ptr<CallType> waiting = queue_.remove(call);
    if (waiting == nullptr) return;  // a worker has it and looks at `cancelled()`
    metrics_.queue_depth.add(-1);
    fail_cancelled(*waiting);
  }

  void fail_cancelled(CallType& call) noexcept {
    metrics_.count_failure(ErrorCode::cancelled);
    fail(call, {ErrorCode::cancelled, "cancelled"});
  }
  static void fail(CallType& call, Error error) noexcept {
    if constexpr (requires { call.has_more; }) {  // what it kept between two steps
      call.has_more = false;
      call.state.reset();
    }
    call.status = std::move(error);
    call.finish();
  }

  const HostOptions options_;
  const Clock& clock_;
  HostMetrics metrics_;
  const Run run_;
  Queue queue_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace parley::model
