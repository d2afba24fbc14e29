// SPDX-License-Identifier: Apache-2.0
//
// What one frame of a Realtime client costs on the I/O loop. Aims: a 20 ms append (24 kHz s16),
// from the bytes of the frame to the session's mailbox, in at most 5 us; 100 ms of audio to JSON in
// 5 us.

#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "exec/mailbox.h"
#include "exec/manual_executor.h"
#include "protocol/base64.h"
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

class Nothing final : public exec::StrandBody {
  bool run_slice() noexcept override { return false; }
};

void append_to_mailbox(benchmark::State& state) {
  std::string frame = R"({"type":"input_audio_buffer.append","audio":")";
  protocol::base64_append(frame, audio(static_cast<std::size_t>(state.range(0))));
  frame += "\"}";
  media::BufferPool buffers;
  exec::ManualExecutor executor;
  Nothing body;
  const auto strand = exec::Strand::make(executor, body);
  exec::Mailbox<protocol::ParsedEvent> mailbox({}, strand->waker());
  for (auto _ : state) {
    mailbox.push(protocol::parse_client_event(frame, buffers));
    benchmark::DoNotOptimize(mailbox.pop());
  }
  executor.run_until_idle();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(frame.size()));
}
BENCHMARK(append_to_mailbox)->Arg(20)->Arg(100)->Arg(1000);

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
