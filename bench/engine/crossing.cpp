// SPDX-License-Identifier: Apache-2.0
//
// From one thread to another that sleeps, at the pace of live audio: a push into Parley's mailbox
// until its strand runs on the pool; a bare futex wake until the thread behind it runs; oneTBB's
// task_arena::enqueue until the task runs. The three take turns, push by push, each after a rest
// in which everybody goes to sleep, so that whatever else the machine does meets all of them.
// Both pools have two workers. Beside it: the CPU that each pool uses when nothing is to be done.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include "base/clock.h"
#include "bench/engine/frame_value.h"
#include "exec/futex.h"
#include "exec/mailbox.h"
#include "exec/parker.h"
#include "exec/strand.h"
#include "exec/worker_pool.h"
#include "media/frame.h"

namespace parley::bench {
namespace {

constexpr int kWorkers = 2;
const SteadyClock steady;

std::int64_t now_nanos() { return steady.now().since_zero.count(); }

struct Session final : exec::StrandBody {
  explicit Session(exec::Executor& executor)
      : strand(exec::Strand::make(executor, *this)), mailbox({}, strand->waker()) {}
  ~Session() override { strand->close(); }
  bool run_slice() noexcept override {
    const std::int64_t began = now_nanos();
    while (const auto frame = mailbox.pop()) last = frame->samples.floats().back();
    ran_at.store(began, std::memory_order_release);
    return false;
  }
  float last = 0;
  std::atomic<std::int64_t> ran_at{0};
  std::shared_ptr<exec::Strand> strand;
  exec::Mailbox<media::AudioFrame> mailbox;
};

/// One thread that sleeps on a word: what the system itself takes.
class FutexThread {
 public:
  FutexThread() : thread_([this] { work(); }) {}
  ~FutexThread() {
    stop_ = true;
    wake();
  }
  void wake() {
    word_.fetch_add(1);
    exec::futex_wake(word_, 1, exec::FutexScope::process);
  }
  std::atomic<std::int64_t> ran_at{0};

 private:
  void work() {
    std::uint32_t seen = 0;
    while (!stop_) {
      while (word_.load() == seen) {
        exec::futex_wait(word_, seen, Instant::never(), exec::FutexScope::process);
      }
      const std::int64_t began = now_nanos();
      seen = word_.load();
      ran_at.store(began, std::memory_order_release);
    }
  }
  exec::FutexWord word_{0};
  std::atomic<bool> stop_{false};
  std::jthread thread_;
};

/// Pushes, goes to sleep as an I/O loop does, and returns the nanoseconds from push to run.
template <typename Push>
double push_and_rest(std::atomic<std::int64_t>& ran_at, Nanos gap, Push push) {
  static exec::Parker rest;
  const std::int64_t pushed = now_nanos();
  push();
  const Instant until = steady.now() + gap;
  while (steady.now() < until) rest.park_until(until);
  while (ran_at.load(std::memory_order_acquire) < pushed) std::this_thread::yield();
  return static_cast<double>(ran_at.load() - pushed);
}

void crossings(Nanos gap, int count, const std::string& name) {
  exec::WorkerPool pool({.workers = kWorkers});
  Session session(pool);
  FutexThread futex;
  // TBB starts one thread fewer than it may use in parallel: the caller counts.
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, kWorkers + 1);
  tbb::task_arena arena(kWorkers, 0);
  arena.initialize();
  std::atomic<std::int64_t> task_ran_at{0};
  media::BufferPool buffers;
  std::vector<double> mailbox_nanos;
  std::vector<double> futex_nanos;
  std::vector<double> arena_nanos;
  constexpr int kWarmUp = 10;
  for (int i = 0; i < kWarmUp + count; ++i) {
    media::AudioFrame frame;
    frame.samples = buffers.take_floats(kSamples);
    frame.samples.writable_floats().back() = static_cast<float>(i);
    const double mailbox =
        push_and_rest(session.ran_at, gap, [&] { session.mailbox.push(media::AudioFrame(frame)); });
    if (session.last != static_cast<float>(i)) give_up("wrong frame");
    const double bare = push_and_rest(futex.ran_at, gap, [&] { futex.wake(); });
    const double task = push_and_rest(task_ran_at, gap, [&] {
      arena.enqueue([&task_ran_at, frame] { task_ran_at.store(now_nanos()); });
    });
    if (i < kWarmUp) continue;
    mailbox_nanos.push_back(mailbox);
    futex_nanos.push_back(bare);
    arena_nanos.push_back(task);
  }
  tell_percentiles("parley.crossing_" + name, mailbox_nanos);
  tell_percentiles("futex.crossing_" + name, futex_nanos);
  tell_percentiles("tbb.crossing_" + name, arena_nanos);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Per cent of a core, over a second after everybody had time to go to sleep.
double idle_per_cent() {
  exec::Parker rest;
  rest.park_until(steady.now() + Millis(200));
  const double before = cpu_seconds();
  const Instant began = steady.now();
  rest.park_until(began + Millis(1000));
  const double wall = static_cast<double>((steady.now() - began).count()) * 1e-9;
  return (cpu_seconds() - before) / wall * 100;
}

void idle_pool() {
  exec::WorkerPool pool({.workers = kWorkers});
  Session session(pool);
  session.strand->wake();
  tell("parley.idle_cpu_percent", idle_per_cent());
}

void idle_arena() {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, kWorkers + 1);
  tbb::task_arena arena(kWorkers, 0);
  arena.initialize();
  arena.enqueue([] {});
  tell("tbb.idle_cpu_percent", idle_per_cent());
}

}  // namespace
}  // namespace parley::bench

int main() {
  using namespace parley;
  using namespace parley::bench;
  idle_pool();
  idle_arena();
  crossings(Millis(2), 500, "2ms");
  crossings(Millis(20), 200, "20ms");
}
