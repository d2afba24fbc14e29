// SPDX-License-Identifier: Apache-2.0
#include "exec/wait_thread.h"

#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "exec/futex.h"
#include "exec/worker_pool.h"
#include "tests/exec/bodies.h"

namespace parley::exec {
namespace {

/// News is that the word changed.
class Word final : public Waitable {
 public:
  void wait() noexcept override {
    while (!stopped.load() && value.load() == seen_) {
      futex_wait(value, seen_, Instant::never(), FutexScope::machine);
    }
    seen_ = value.load();
  }
  void interrupt() noexcept override {
    stopped.store(true);
    change();
  }
  void change() {
    value.fetch_add(1);
    futex_wake(value, 1, FutexScope::machine);
  }
  FutexWord value{0};
  std::atomic<bool> stopped{false};

 private:
  std::uint32_t seen_ = 0;
};

TEST(WaitThread, WakesItsStrandOnEveryChange) {
  WorkerPool pool({.workers = 1});
  Word word;
  Tally slices;
  FunctionBody body([&] {
    slices.add();
    return false;
  });
  const auto strand = Strand::make(pool, body);
  {
    WaitThread thread("waiter", word, strand->waker());
    for (int i = 1; i <= 20; ++i) {
      word.change();
      slices.wait_for(i);
    }
  }
  strand->close();
  EXPECT_GE(slices.value(), 20);
}

TEST(WaitThread, EndsWhileItWaits) {
  Word word;
  std::optional<WaitThread> thread(std::in_place, "waiter", word, Waker());
  thread.reset();
  EXPECT_TRUE(word.stopped.load());
}

TEST(Futex, ReturnsAtOnceWhenTheWordDiffersAndWhenTheTimeHasPassed) {
  const FutexWord word{1};
  EXPECT_TRUE(futex_wait(word, 0, Instant::never(), FutexScope::process));
  EXPECT_FALSE(futex_wait(word, 1, SteadyClock().now(), FutexScope::machine));
}

TEST(Futex, WakesASleeper) {
  FutexWord word{0};
  std::thread sleeper([&] {
    while (word.load() == 0) futex_wait(word, 0, Instant::never(), FutexScope::process);
  });
  word.store(1);
  futex_wake(word, 1, FutexScope::process);
  sleeper.join();
  EXPECT_EQ(word.load(), 1U);
}

}  // namespace
}  // namespace parley::exec
