// SPDX-License-Identifier: Apache-2.0
//
// Target: inserting and cancelling cost the same with ten and with 100,000 timers waiting, under
// 100 ns each; a timer wakes its strand at most 2 ms late on an idle machine.
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/random.h"
#include "bench/exec/percentiles.h"
#include "exec/parker.h"
#include "exec/strand.h"
#include "exec/timer_thread.h"
#include "exec/timing_wheel.h"
#include "exec/worker_pool.h"

namespace parley::exec {
namespace {

constexpr std::uint64_t kSpreadTicks = 60'000;  // a minute of 1 ms ticks

void fill(TimingWheel& wheel, std::int64_t count, Random& random) {
  for (std::int64_t i = 0; i < count; ++i) wheel.insert(1 + random.next() % kSpreadTicks, {});
}

void BM_WheelInsertCancel(benchmark::State& state) {
  Random random(1);
  TimingWheel wheel;
  fill(wheel, state.range(0), random);
  for (auto _ : state) {
    const auto id = wheel.insert(1 + random.next() % kSpreadTicks, {});
    benchmark::DoNotOptimize(wheel.cancel(id));
  }
}
BENCHMARK(BM_WheelInsertCancel)
    ->ArgName("waiting")
    ->Arg(10)
    ->Arg(100'000)
    ->Apply(bench::with_spread);

/// A minute in which 100,000 timers expire: the time for each, moves between levels included.
void BM_WheelExpire(benchmark::State& state) {
  constexpr std::int64_t kTimers = 100'000;
  std::vector<TimingWheel::Expired> expired;
  for (auto _ : state) {
    state.PauseTiming();
    Random random(1);
    TimingWheel wheel;
    fill(wheel, kTimers, random);
    state.ResumeTiming();
    for (TimingWheel::Tick tick = 1; tick <= kSpreadTicks; ++tick) {
      expired.clear();
      wheel.advance(tick, expired);
    }
  }
  state.SetItemsProcessed(state.iterations() * kTimers);
}
BENCHMARK(BM_WheelExpire)->Unit(benchmark::kMillisecond)->Apply(bench::with_spread);

void BM_TimerThreadScheduleCancel(benchmark::State& state) {
  const SteadyClock clock;
  TimerThread timers(clock);
  const Instant at = clock.now() + std::chrono::hours(1);
  for (auto _ : state) timers.cancel(timers.schedule(at, {}));
}
BENCHMARK(BM_TimerThreadScheduleCancel)->Apply(bench::with_spread);

/// From a deadline to the slice of the strand that it wakes, on an idle pool.
void BM_TimerLateness(benchmark::State& state) {
  struct Probe final : StrandBody {
    bool run_slice() noexcept override {
      ran_at = SteadyClock().now().since_zero.count();
      done.unpark();
      return false;
    }
    std::atomic<std::int64_t> ran_at{0};
    Parker done;
  };
  const SteadyClock clock;
  WorkerPool pool({.workers = 2});
  TimerThread timers(clock);
  Probe probe;
  const auto strand = Strand::make(pool, probe);
  Random random(1);
  std::vector<double> late_nanos;
  for (auto _ : state) {
    const Instant at = clock.now() + Micros(2000 + random.next() % 4000);
    timers.schedule(at, strand->waker());
    probe.done.park();
    late_nanos.push_back(static_cast<double>(probe.ran_at - at.since_zero.count()));
    state.SetIterationTime(late_nanos.back() * 1e-9);
  }
  strand->close();
  bench::report_percentiles(state, "late", late_nanos);
}
BENCHMARK(BM_TimerLateness)
    ->Iterations(200)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond)
    ->Apply(bench::with_spread);

}  // namespace
}  // namespace parley::exec
