// SPDX-License-Identifier: Apache-2.0
//
// Targets: to write a frame in place and to read it costs at most 200 ns, whatever its size; a
// consumer asleep in another process has it within 100 µs at p50. Beside it: two copies, which is
// what a socket makes, of a frame of audio and of a picture.
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/exec/percentiles.h"
#include "exec/parker.h"
#include "media/shared_ring_reader.h"
#include "media/shared_ring_writer.h"

namespace parley::media {
namespace {

constexpr std::size_t kFrameBytes = 320 * sizeof(float);
const SteadyClock steady;

SharedFrameHead head_of(std::uint64_t number) {
  SharedFrameHead head;
  head.sequence = number;
  head.bytes = kFrameBytes;
  return head;
}

/// Both ends in one thread: what the ring itself costs.
void write_and_read(benchmark::State& state) {
  const SharedRing ring = SharedRing::create({.slots = 64, .slot_bytes = 4096}).value();
  BufferPool pool;
  const auto writer = SharedRingWriter::claim(ring, WhenRingFull::drop_oldest, steady).value();
  const auto reader = SharedRingReader::claim(ring, pool).value();
  std::uint64_t number = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(writer->begin().data());
    writer->commit(head_of(number++));
    const std::optional<SharedFrame> frame = reader->read();
    benchmark::DoNotOptimize(frame->data.bytes().data());
  }
}
BENCHMARK(write_and_read);

void copy_twice(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> from(bytes);
  std::vector<std::byte> middle(bytes);
  std::vector<std::byte> to(bytes);
  for (auto _ : state) {
    std::memcpy(middle.data(), from.data(), bytes);
    benchmark::ClobberMemory();
    std::memcpy(to.data(), middle.data(), bytes);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(copy_twice)->Arg(kFrameBytes)->Arg(640 * 480 * 4);

/// Runs `body` in another process.
pid_t fork_producer(const SharedRing& ring, WhenRingFull when_full,
                    void (*body)(SharedRingWriter& writer, std::uint64_t frames),
                    std::uint64_t frames) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  {
    const auto writer = SharedRingWriter::claim(ring, when_full, steady).value();
    while (writer->consumers() == 0) writer->wait_for_room(Instant::never());
    body(*writer, frames);
  }
  ::_exit(0);
}

void as_fast_as_it_goes(SharedRingWriter& writer, std::uint64_t frames) {
  for (std::uint64_t i = 0; i < frames;) {
    if (writer.begin().empty()) {
      writer.wait_for_room(Instant::never());
    } else {
      writer.commit(head_of(i++));
    }
  }
}

/// Frames per second from one process to another.
void between_processes(benchmark::State& state) {
  constexpr std::uint64_t kFrames = 200'000;
  for (auto _ : state) {
    const SharedRing ring = SharedRing::create({.slots = 64, .slot_bytes = 4096}).value();
    BufferPool pool;
    const pid_t producer = fork_producer(ring, WhenRingFull::block, as_fast_as_it_goes, kFrames);
    const auto reader = SharedRingReader::claim(ring, pool).value();
    for (std::uint64_t read = 0; read < kFrames;) {
      if (reader->read()) {
        ++read;
      } else {
        reader->wait(Instant::never());
      }
    }
    ::waitpid(producer, nullptr, 0);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kFrames));
}
BENCHMARK(between_processes)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

void every_two_milliseconds(SharedRingWriter& writer, std::uint64_t frames) {
  exec::Parker rest;
  Instant next = steady.now();
  for (std::uint64_t i = 0; i < frames; ++i) {
    next = next + Millis(2);
    rest.park_until(next);
    static_cast<void>(writer.begin());
    writer.commit(head_of(i));
  }
}

/// From `commit` to a thread of another process that slept.
void wake_of_a_sleeper(benchmark::State& state) {
  constexpr std::uint64_t kFrames = 1'000;
  for (auto _ : state) {
    const SharedRing ring = SharedRing::create({.slots = 64, .slot_bytes = 4096}).value();
    BufferPool pool;
    const pid_t producer =
        fork_producer(ring, WhenRingFull::drop_oldest, every_two_milliseconds, kFrames);
    const auto reader = SharedRingReader::claim(ring, pool).value();
    std::vector<double> nanos;
    while (nanos.size() < kFrames) {
      if (const std::optional<SharedFrame> frame = reader->read()) {
        nanos.push_back(static_cast<double>((steady.now() - frame->written_at).count()));
      } else if (reader->producer() != ProducerState::finished) {
        reader->wait(Instant::never());
      } else {
        break;
      }
    }
    ::waitpid(producer, nullptr, 0);
    bench::report_percentiles(state, "wake", nanos);
  }
}
BENCHMARK(wake_of_a_sleeper)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1)
    ->Apply(bench::with_spread);

}  // namespace
}  // namespace parley::media
