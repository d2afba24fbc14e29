// SPDX-License-Identifier: Apache-2.0
//
// Appended audio from the bytes of a masked WebSocket frame, in memory, to the mailbox of a real
// session: whole, and by stage. Aim: 20 ms of 24 kHz PCM16 in at most 5 us, whole
// (`append_frame_to_mailbox/20`). Not in it: reading the socket and waking a thread; for these see
// append_socket_bench.cpp. The session's own work is not timed.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "base/base64.h"
#include "base/metrics.h"
#include "bench/server/append_input.h"
#include "exec/manual_executor.h"
#include "media/buffer_pool.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_llm.h"
#include "model/fakes/fake_tts.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "protocol/realtime/client_event.h"
#include "service/realtime/realtime_service.h"

namespace parley {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

void require(bool condition) {
  if (!condition) std::abort();
}

/// The event as a client's frame.
std::string frame_of(std::string_view text) {
  constexpr std::string_view kMask = "\x12\x34\x56\x78";
  std::string frame = "\x81";
  const bool is_long = text.size() > 0xFFFF;
  frame += static_cast<char>(is_long ? 0xFF : 0xFE);
  for (int shift = is_long ? 56 : 8; shift >= 0; shift -= 8) {
    frame += static_cast<char>(text.size() >> static_cast<unsigned>(shift));
  }
  frame += kMask;
  for (std::size_t i = 0; i < text.size(); ++i) {
    frame += static_cast<char>(text[i] ^ kMask[i % kMask.size()]);
  }
  return frame;
}

/// The server's end of a WebSocket whose other end is memory.
class Wire {
 public:
  Wire() {
    beast::test::stream stream(context_);
    peer_ = beast::test::connect(stream);
    stream.append(
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    socket_.emplace(std::move(stream));
    socket_->read_message_max(64U << 20U);
    socket_->accept();
  }
  /// Valid until the next call.
  std::string_view carry(std::string_view frame) {
    buffer_.clear();
    socket_->next_layer().append(frame);
    socket_->read(buffer_);
    return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
  }

 private:
  asio::io_context context_;
  beast::test::stream peer_{context_};
  std::optional<websocket::stream<beast::test::stream, false>> socket_;  // as the connection's
  beast::flat_buffer buffer_;
};

class DeafLink final : public service::ClientLink {
 public:
  service::SendResult send(protocol::ServerEvent) override { return service::SendResult::sent; }
  void resume() override {}
  void close(std::uint16_t, std::string) override {}
};

/// A session with fake models, whose strand runs when told to.
class Session {
 public:
  Session() : session_(*service_.open({.model = "m"}, std::make_shared<DeafLink>())) { work(); }
  ~Session() { session_->close(); }
  /// As the route's sink does (server/realtime_route.cpp).
  void hear(std::string_view text) { push(protocol::parse_client_event(text, buffers_)); }
  void push(protocol::ParsedEvent event) {
    require(session_->push(std::move(event)) == service::PushResult::accepted);
  }
  void work() {
    runtime_.run_until_idle();
    require(session_->idle());
  }

 private:
  exec::ManualRuntime runtime_;
  Metrics metrics_;
  media::BufferPool buffers_;
  model::FakeVadModel vad_model_;
  model::FakeAsrModel asr_model_;
  model::FakeTtsModel tts_model_;
  exec::Executor* executors_[1] = {&runtime_.executor};
  model::VadModelHost vad_{vad_model_, {.name = "vad"}, executors_, runtime_.clock, metrics_};
  model::AsrModelHost asr_{asr_model_, {.name = "asr"}, executors_, runtime_.clock, metrics_};
  model::TtsModelHost tts_{tts_model_, {.name = "tts"}, executors_, runtime_.clock, metrics_};
  model::FakeLlm llm_{{}, runtime_.executor, runtime_.timers, runtime_.clock};
  service::RealtimeService service_{
      {runtime_.clock, runtime_.timers, buffers_, metrics_, vad_, asr_, llm_, tts_},
      runtime_.executor,
      {}};
  std::shared_ptr<service::RealtimeSession> session_;
};

/// `append` adds one event to the session's mailbox; the session empties it now and then, untimed.
template <typename Append>
void run(benchmark::State& state, Session& session, Append append) {
  constexpr int kWaitingMax = 64;
  int waiting = 0;
  for (auto _ : state) {
    append();
    if (++waiting < kWaitingMax) continue;
    state.PauseTiming();
    session.work();
    waiting = 0;
    state.ResumeTiming();
  }
}

void append_frame_to_mailbox(benchmark::State& state) {
  const std::string frame = frame_of(bench::append_event(state.range(0)));
  Wire wire;
  Session session;
  run(state, session, [&] { session.hear(wire.carry(frame)); });
}
BENCHMARK(append_frame_to_mailbox)->Arg(20)->Arg(100)->Arg(1000);

void stage_websocket(benchmark::State& state) {
  const std::string frame = frame_of(bench::append_event(state.range(0)));
  Wire wire;
  for (auto _ : state) benchmark::DoNotOptimize(wire.carry(frame));
}
BENCHMARK(stage_websocket)->Arg(20);

void stage_event(benchmark::State& state) {
  const std::string text = bench::append_event(state.range(0));
  media::BufferPool buffers;
  for (auto _ : state) benchmark::DoNotOptimize(protocol::parse_client_event(text, buffers));
}
BENCHMARK(stage_event)->Arg(20)->Arg(100);

/// Part of stage_event.
void stage_base64(benchmark::State& state) {
  const std::string text = bench::base64_of(state.range(0));
  std::vector<std::byte> bytes(bench::soft_noise(state.range(0)).size());
  for (auto _ : state) benchmark::DoNotOptimize(base64_decode(text, bytes));
}
BENCHMARK(stage_base64)->Arg(20)->Arg(100);

void stage_mailbox(benchmark::State& state) {
  media::BufferPool buffers;
  const media::BufferRef audio =
      buffers.copy_of(std::span<const std::byte>(bench::soft_noise(state.range(0))));
  Session session;
  run(state, session,
      [&] { session.push(protocol::ClientEvent{{}, protocol::InputAudioBufferAppend{audio}}); });
}
BENCHMARK(stage_mailbox)->Arg(20);

}  // namespace
}  // namespace parley
