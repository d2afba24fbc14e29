// SPDX-License-Identifier: Apache-2.0
//
// What one event costs on the I/O loop. Aim: 100 ms of audio to JSON in 5 us. What appended audio
// costs: bench/server.

#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "protocol/realtime/client_event.h"
#include "protocol/realtime/server_event.h"

namespace parley {
namespace {

constexpr std::size_t kBytesPerMs = 48;

std::vector<std::byte> audio(std::size_t ms) {
  std::vector<std::byte> bytes(ms * kBytesPerMs);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37);
  return bytes;
}

void audio_delta_to_json(benchmark::State& state) {
  media::BufferPool buffers;
  protocol::OutputAudioDelta delta;
  delta.at.response_id = "resp_0123456789abcdefghijk";
  delta.at.item_id = "item_0123456789abcdefghijk";
  delta.audio = buffers.copy_of(std::span<const std::byte>(audio(100)));
  const protocol::ServerEvent event{"event_0123456789abcdefghijk", std::move(delta)};
  for (auto _ : state) benchmark::DoNotOptimize(protocol::to_json(event));
}
BENCHMARK(audio_delta_to_json);

void session_update(benchmark::State& state) {
  const std::string frame =
      R"({"type":"session.update","session":{"type":"realtime","instructions":"Be brief",)"
      R"("audio":{"input":{"turn_detection":{"type":"server_vad","silence_duration_ms":500}}}}})";
  media::BufferPool buffers;
  for (auto _ : state) {
    benchmark::DoNotOptimize(protocol::parse_client_event(frame, buffers));
  }
}
BENCHMARK(session_update);

}  // namespace
}  // namespace parley
