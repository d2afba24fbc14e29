// SPDX-License-Identifier: Apache-2.0
//
// Target: from a mailbox push to the strand's slice on an idle pool, p50 no higher than from
// oneTBB's task_arena::enqueue to its task in the same run. Both pools have as many workers, both
// are left alone until they sleep, and the two take turns push by push, so that whatever else the
// machine does meets both. Beside it: what a hop between two strands costs.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include "base/clock.h"
#include "bench/exec/percentiles.h"
#include "exec/mailbox.h"
#include "exec/parker.h"
#include "exec/strand.h"
#include "exec/worker_pool.h"

namespace parley::exec {
namespace {

constexpr int kWorkers = 2;
const SteadyClock steady;

std::int64_t now_nanos() { return steady.now().since_zero.count(); }

/// A session that notes when its slice began.
struct Session final : StrandBody {
  explicit Session(Executor& executor)
      : strand(Strand::make(executor, *this)), mailbox({}, strand->waker()) {}
  ~Session() override { strand->close(); }
  bool run_slice() noexcept override {
    const std::int64_t began = now_nanos();
    while (mailbox.pop()) {
    }
    ran_at.store(began, std::memory_order_release);
    return false;
  }
  std::atomic<std::int64_t> ran_at{0};
  std::shared_ptr<Strand> strand;
  Mailbox<std::int64_t> mailbox;
};

/// Pushes, leaves the pool alone for `gap`, and returns the nanoseconds from push to run.
template <typename Push>
double push_and_rest(std::atomic<std::int64_t>& ran_at, Nanos gap, Push push) {
  static Parker rest;
  const std::int64_t pushed = now_nanos();
  push();
  rest.park_until(steady.now() + gap);
  while (ran_at.load(std::memory_order_acquire) < pushed) std::this_thread::yield();
  return static_cast<double>(ran_at.load() - pushed);
}

void BM_PushToRunOnIdlePool(benchmark::State& state) {
  const Nanos gap = Millis(state.range(0));
  WorkerPool pool({.workers = kWorkers});
  Session session(pool);
  // TBB starts one thread fewer than it may use in parallel: the caller counts.
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, kWorkers + 1);
  tbb::task_arena arena(kWorkers, 0);
  arena.initialize();
  std::atomic<std::int64_t> task_ran_at{0};
  const auto push = [&] { session.mailbox.push(now_nanos()); };
  const auto enqueue = [&] { arena.enqueue([&] { task_ran_at.store(now_nanos()); }); };
  for (int warm_up = 0; warm_up < 10; ++warm_up) {
    push_and_rest(session.ran_at, gap, push);
    push_and_rest(task_ran_at, gap, enqueue);
  }
  std::vector<double> mailbox_nanos;
  std::vector<double> arena_nanos;
  for (auto _ : state) {
    mailbox_nanos.push_back(push_and_rest(session.ran_at, gap, push));
    arena_nanos.push_back(push_and_rest(task_ran_at, gap, enqueue));
    state.SetIterationTime(mailbox_nanos.back() * 1e-9);
  }
  bench::report_percentiles(state, "mailbox", mailbox_nanos);
  bench::report_percentiles(state, "tbb_arena", arena_nanos);
}
BENCHMARK(BM_PushToRunOnIdlePool)
    ->ArgName("gap_ms")
    ->Args({2})
    ->Iterations(300)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond)
    ->Apply(bench::with_spread);
BENCHMARK(BM_PushToRunOnIdlePool)
    ->ArgName("gap_ms")
    ->Args({20})
    ->Iterations(60)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond)
    ->Apply(bench::with_spread);

/// Two strands that wake each other; the argument is the number of workers. With one it is the cost
/// of a hop; with two, thieves take part.
void BM_StrandHop(benchmark::State& state) {
  constexpr int kHops = 100'000;
  struct Hopper final : StrandBody {
    bool run_slice() noexcept override {
      if (left.fetch_sub(1, std::memory_order_relaxed) <= 0) {
        done.unpark();
      } else {
        other.wake();
      }
      return false;
    }
    Hopper(std::atomic<int>& hops_left, Parker& when_done) : left(hops_left), done(when_done) {}
    std::atomic<int>& left;
    Parker& done;
    Waker other;
  };
  WorkerPool pool({.workers = static_cast<std::size_t>(state.range(0))});
  std::atomic<int> left{0};
  Parker done;
  std::array<Hopper, 2> hoppers{Hopper(left, done), Hopper(left, done)};
  const auto first = Strand::make(pool, hoppers[0]);
  const auto second = Strand::make(pool, hoppers[1]);
  hoppers[0].other = second->waker();
  hoppers[1].other = first->waker();
  for (auto _ : state) {
    left.store(kHops);
    const std::int64_t began = now_nanos();
    first->wake();
    done.park();
    state.SetIterationTime(static_cast<double>(now_nanos() - began) * 1e-9 / kHops);
  }
  first->close();
  second->close();
}
BENCHMARK(BM_StrandHop)
    ->ArgName("workers")
    ->Arg(1)
    ->Arg(2)
    ->Iterations(5)
    ->UseManualTime()
    ->Apply(bench::with_spread);

}  // namespace
}  // namespace parley::exec
