// SPDX-License-Identifier: Apache-2.0
//
// Why no wake is lost. A post first makes the runnable visible, then does a read-modify-write on
// `idle_`. A worker first announces in `idle_` that it sleeps, or that it searches no more, by a
// read-modify-write, then looks at all queues once again. Read-modify-writes of one word have one
// order, and each synchronises with those before it. So either the post comes second, and sees the
// sleeper and wakes it; or the worker comes second, and its last look finds the runnable.
#include "exec/worker_pool.h"

#include <algorithm>
#include <array>
#include <bit>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "exec/parker.h"
#include "exec/pin_thread.h"
#include "exec/prompt_thread.h"
#include "exec/steal_queue.h"
#include "exec/thread_name.h"

namespace parley::exec {

struct WorkerPool::Worker {
  explicit Worker(std::size_t index_in_pool)
      : index(index_in_pool), bit(std::uint64_t{1} << index_in_pool) {}

  const std::size_t index;
  const std::uint64_t bit;  // in idle_
  StealQueue queue;
  Parker parker;
  unsigned turns = 0;
  Random random{index};
  // Written by the worker only, read by stats(): plain adds, no locked instruction.
  std::atomic<std::uint64_t> executed{0};
  std::atomic<std::uint64_t> stolen{0};
  std::atomic<std::uint64_t> parked{0};
  Stats published;  // of these, what the metrics have
  std::thread thread;
};

struct WorkerPool::Totals {
  explicit Totals(Metrics& metrics)
      : executed(metrics.counter("parley_worker_runs_total", "Slices that the workers ran")),
        stolen(metrics.counter("parley_worker_stolen_total",
                               "Runnable strands that a worker took from another's queue")),
        parked(metrics.counter("parley_worker_parked_total",
                               "Times that a worker went to sleep for want of work")) {}
  Counter& executed;
  Counter& stolen;
  Counter& parked;
};

namespace {

constexpr std::uint64_t kSearcher = std::uint64_t{1} << WorkerPool::kWorkersMax;
constexpr std::uint64_t kSleepers = kSearcher - 1;
static_assert(WorkerPool::kWorkersMax < (1U << (64 - WorkerPool::kWorkersMax)),
              "the count of searchers must fit above the sleepers' bits");

void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

// Which pool's worker this thread is, so that a post from inside goes to the worker's own queue.
thread_local const WorkerPool* current_pool = nullptr;
thread_local std::size_t current_index = 0;

}  // namespace

WorkerPool::WorkerPool() : WorkerPool(Options{}) {}

WorkerPool::WorkerPool(Options options) {
  PARLEY_CHECK(options.workers <= kWorkersMax);
  if (options.metrics != nullptr) totals_ = std::make_unique<Totals>(*options.metrics);
  const std::size_t cores =
      std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kWorkersMax);
  const std::size_t count = options.workers == 0 ? cores : options.workers;
  for (std::size_t i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>(i));
  for (const auto& worker : workers_) {  // after all exist, because they look at each other
    worker->thread =
        std::thread([this, &self = *worker, name = options.name, cores = options.cores] {
          set_thread_name(name + "-" + std::to_string(self.index));
          pin_thread(cores);
          ask_for_short_slices();
          work(self);
        });
  }
}

WorkerPool::~WorkerPool() {
  stopping_.store(true, std::memory_order_release);
  for (const auto& worker : workers_) worker->parker.unpark();
  for (const auto& worker : workers_) worker->thread.join();
  for (const auto& worker : workers_) {
    while (Runnable* const left = worker->queue.pop()) left->abandon();
  }
}

void WorkerPool::post(Runnable& runnable) noexcept {
  Worker* const self = current_worker();
  if (self == nullptr || !self->queue.push(runnable)) shared_.push(runnable);
  wake_one();
}

void WorkerPool::repost(Runnable& runnable) noexcept {
  Worker* const self = current_worker();
  // Alone in this worker's queue: it comes next here, and waking a thief would only move it.
  if (self != nullptr && self->queue.empty() && self->queue.push(runnable)) return;
  post(runnable);
}

void WorkerPool::work(Worker& self) noexcept {
  current_pool = this;
  current_index = self.index;
  bool is_searching = false;  // counted in idle_
  while (!stopping_.load(std::memory_order_acquire)) {
    Runnable* next = is_searching ? nullptr : next_of_own(self);
    if (next == nullptr) {
      if (!is_searching) begin_search();
      next = search(self);
      is_searching = next == nullptr;
      if (is_searching) {
        sleep(self);
        continue;
      }
      end_search();
    }
    next->run();
    bump(self.executed, 1);
  }
  publish(self);
}

Runnable* WorkerPool::next_of_own(Worker& self) noexcept {
  if (++self.turns % kSharedInterval == 0) {
    publish(self);
    if (Runnable* const runnable = shared_.pop()) return runnable;
  }
  return self.queue.pop();
}

Runnable* WorkerPool::search(Worker& self) noexcept {
  if (Runnable* const runnable = shared_.pop()) return runnable;
  return steal(self);
}

/// Runs the oldest of what it took itself and keeps the rest; its own queue is empty here.
Runnable* WorkerPool::steal(Worker& self) noexcept {
  std::array<Runnable*, StealQueue::kStealMax> loot;
  // From a random one on, so that thieves do not queue up behind the same victim.
  const std::size_t first = self.random.next() % workers_.size();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& victim = *workers_[(first + i) % workers_.size()];
    if (&victim == &self) continue;
    const std::size_t count = victim.queue.steal(loot);
    if (count == 0) continue;
    for (std::size_t k = 1; k < count; ++k) {
      if (!self.queue.push(*loot[k])) shared_.push(*loot[k]);
    }
    bump(self.stolen, count);
    return loot[0];
  }
  return nullptr;
}

void WorkerPool::begin_search() noexcept { idle_.fetch_add(kSearcher, std::memory_order_acq_rel); }

/// Posts that saw a searcher woke nobody, so whoever stops searching answers for them.
void WorkerPool::end_search() noexcept {
  idle_.fetch_sub(kSearcher, std::memory_order_acq_rel);
  if (has_work()) wake_one();
}

/// From searching to asleep, and back to searching when it returns.
void WorkerPool::sleep(Worker& self) noexcept {
  idle_.fetch_add(self.bit - kSearcher, std::memory_order_acq_rel);  // one step: +bit, -searcher
  const bool stays = stopping_.load(std::memory_order_acquire) || !has_work();
  // When somebody has chosen this worker meanwhile, its token is on the way: park takes it.
  if (!stays && revoke_sleep(self.bit)) return;
  bump(self.parked, 1);
  publish(self);
  self.parker.park();
}

/// Now and then, so that the workers do not fight for the counters' cache lines.
void WorkerPool::publish(Worker& self) noexcept {
  if (totals_ == nullptr) return;
  const auto give = [](const std::atomic<std::uint64_t>& from, std::uint64_t& given, Counter& to) {
    const std::uint64_t now = from.load(std::memory_order_relaxed);
    if (now != given) to.add(now - std::exchange(given, now));
  };
  give(self.executed, self.published.executed, totals_->executed);
  give(self.stolen, self.published.stolen, totals_->stolen);
  give(self.parked, self.published.parked, totals_->parked);
}

/// Back to searching by itself. False when a waker was faster.
bool WorkerPool::revoke_sleep(std::uint64_t bit) noexcept {
  std::uint64_t idle = idle_.load(std::memory_order_relaxed);
  while ((idle & bit) != 0) {
    if (idle_.compare_exchange_weak(idle, idle - bit + kSearcher, std::memory_order_acq_rel,
                                    std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void WorkerPool::wake_one() noexcept {
  std::uint64_t idle = idle_.fetch_add(0, std::memory_order_acq_rel);  // see the top: never a load
  while (idle != 0 && idle <= kSleepers) {  // somebody sleeps and nobody searches
    // The lowest, so that few workers stay warm when there is little to do.
    const auto index = static_cast<std::size_t>(std::countr_zero(idle));
    const std::uint64_t bit = std::uint64_t{1} << index;
    if (idle_.compare_exchange_weak(idle, idle - bit + kSearcher, std::memory_order_acq_rel,
                                    std::memory_order_relaxed)) {
      workers_[index]->parker.unpark();
      return;
    }
  }
}

bool WorkerPool::has_work() const noexcept {
  return !shared_.empty() || std::any_of(workers_.begin(), workers_.end(),
                                         [](const auto& worker) { return !worker->queue.empty(); });
}

WorkerPool::Worker* WorkerPool::current_worker() const noexcept {
  return current_pool == this ? workers_[current_index].get() : nullptr;
}

WorkerPool::Stats WorkerPool::stats() const noexcept {
  Stats total;
  for (const auto& worker : workers_) {
    total.executed += worker->executed.load(std::memory_order_relaxed);
    total.stolen += worker->stolen.load(std::memory_order_relaxed);
    total.parked += worker->parked.load(std::memory_order_relaxed);
  }
  return total;
}

std::vector<WorkerPool::Stats> WorkerPool::stats_by_worker() const {
  std::vector<Stats> all;
  for (const auto& worker : workers_) {
    all.push_back({.executed = worker->executed.load(std::memory_order_relaxed),
                   .stolen = worker->stolen.load(std::memory_order_relaxed),
                   .parked = worker->parked.load(std::memory_order_relaxed)});
  }
  return all;
}

std::size_t WorkerPool::sleeping() const noexcept {
  const std::uint64_t sleepers = idle_.load(std::memory_order_acquire) & kSleepers;
  return static_cast<std::size_t>(std::popcount(sleepers));
}

}  // namespace parley::exec
