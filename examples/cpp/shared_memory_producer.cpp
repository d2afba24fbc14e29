// SPDX-License-Identifier: Apache-2.0
//
// Stands for a microphone in another process: hum, and in the second half of the time a tone of
// 440 Hz, in 20 ms frames of 16 kHz, in real time. Nothing is copied on the way. The other side is
// wake_detector.cpp, or any graph with the operator `shared_memory_source`:
//
//   shared_memory_producer /tmp/mic 10        # for 10 seconds
//
//   nodes: {mic: {operator: shared_memory_source, options: {path: /tmp/mic}}}
//
// Either side may be started first, stopped, killed and started again.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numbers>
#include <span>

#include "exec/parker.h"
#include "media/shared_ring_writer.h"

using namespace parley;

namespace {

constexpr int kRate = 16'000;
constexpr std::size_t kFrameSamples = 320;

float sine(double hz, double seconds) {
  return static_cast<float>(std::sin(2.0 * std::numbers::pi * hz * seconds));
}

/// Writes `frames` frames, each into the ring's own memory and at its time.
void send(media::SharedRingWriter& writer, const Clock& clock, std::uint64_t frames) {
  exec::Parker rest;  // sleeps until a time; nobody wakes it
  Instant next = clock.now();
  for (std::uint64_t i = 0; i < frames; ++i) {
    const std::span<std::byte> slot = writer.begin();
    if (!slot.empty()) {  // empty: the consumer holds every slot; the frame is lost and counted
      const std::span samples(reinterpret_cast<float*>(slot.data()), kFrameSamples);
      for (std::size_t k = 0; k < samples.size(); ++k) {
        const double seconds = static_cast<double>(i * kFrameSamples + k) / kRate;
        samples[k] = 0.02F * sine(120.0, seconds);
        if (i >= frames / 2) samples[k] += 0.3F * sine(440.0, seconds);
      }
      media::SharedFrameHead head;
      head.format = {.rate = kRate, .channels = 1};
      head.pts =
          media::MediaTime::from_samples(static_cast<std::int64_t>(i * kFrameSamples), kRate);
      head.sequence = i;
      head.bytes = samples.size_bytes();
      writer.commit(head);
    }
    next = next + Millis(20);
    rest.park_until(next);
  }
}

Status run(const char* path, std::uint64_t frames) {
  const SteadyClock clock;
  PARLEY_TRY(const media::SharedRing ring,
             media::SharedRing::create({.slots = 64, .slot_bytes = kFrameSamples * sizeof(float)}));
  PARLEY_TRY(const auto writer,
             media::SharedRingWriter::claim(ring, media::WhenRingFull::drop_oldest, clock));
  PARLEY_TRY(const media::SharedRingName name, ring.publish(path));
  send(*writer, clock, frames);
  std::printf("%llu frames written, %llu not read in time, %u consumers\n",
              static_cast<unsigned long long>(writer->stats().written),
              static_cast<unsigned long long>(writer->stats().dropped), writer->consumers());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: shared_memory_producer PATH SECONDS\n");
    return 2;
  }
  const double seconds = std::strtod(argv[2], nullptr);
  const Status status = run(argv[1], static_cast<std::uint64_t>(std::max(seconds, 0.0) * 50.0));
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status ? 0 : 1;
}
