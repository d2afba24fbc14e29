// SPDX-License-Identifier: Apache-2.0
//
// Target: a mailbox push and pop under 100 ns, an SPSC push and pop under 20 ns, both without
// contention; neither allocates.
#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

#include <benchmark/benchmark.h>

#include "bench/exec/percentiles.h"
#include "exec/mailbox.h"
#include "exec/spsc_ring.h"

namespace parley::exec {
namespace {

using Message = std::array<std::uint64_t, 12>;  // about the size of a client event

void BM_MailboxPushPop(benchmark::State& state) {
  Mailbox<Message> mailbox({}, {});
  for (auto _ : state) {
    mailbox.push(Message{});
    benchmark::DoNotOptimize(mailbox.pop());
  }
}
BENCHMARK(BM_MailboxPushPop)->Apply(bench::with_spread);

void BM_MailboxBurstOf256(benchmark::State& state) {
  Mailbox<Message> mailbox({.capacity = 256}, {});
  for (auto _ : state) {
    for (int i = 0; i < 256; ++i) mailbox.push(Message{});
    while (mailbox.pop()) {
    }
  }
  state.SetItemsProcessed(state.iterations() * 256);
}
BENCHMARK(BM_MailboxBurstOf256)->Apply(bench::with_spread);

void BM_SpscPushPop(benchmark::State& state) {
  SpscRing<std::uint64_t> ring(64);
  for (auto _ : state) {
    benchmark::DoNotOptimize(ring.try_push(1));
    benchmark::DoNotOptimize(ring.try_pop());
  }
}
BENCHMARK(BM_SpscPushPop)->Apply(bench::with_spread);

/// Two threads, one ring: the time for each value from end to end of a steady stream.
void BM_SpscBetweenThreads(benchmark::State& state) {
  SpscRing<std::uint64_t> ring(1024);
  std::atomic<bool> stop{false};
  std::jthread consumer([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      if (!ring.try_pop()) std::this_thread::yield();
    }
  });
  for (auto _ : state) {
    while (!ring.try_push(1)) std::this_thread::yield();
  }
  stop = true;
}
BENCHMARK(BM_SpscBetweenThreads)->UseRealTime()->Apply(bench::with_spread);

}  // namespace
}  // namespace parley::exec
