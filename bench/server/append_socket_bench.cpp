// SPDX-License-Identifier: Apache-2.0
//
// The same appends through a server as it runs, over a socket of its own machine: what one costs
// the I/O loop in CPU time, kernel included. That is reading the socket, the way to the session's
// mailbox, waking a worker, and waiting for the next: back to back, so that the loop hardly sleeps,
// and as a microphone sends them.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <benchmark/benchmark.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/metrics.h"
#include "bench/server/append_input.h"
#include "exec/parker.h"
#include "server/engine.h"
#include "server/server.h"
#include "service/realtime/realtime_service.h"
#include "tests/support/socket_client.h"

namespace parley {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

class Place {
 public:
  Place() {
    config_.models.fake = true;
    config_.server.port = 0;
    log::set_level(log::Level::off);
    engine_ = std::move(*server::Engine::load(config_, metrics_, {}));
    service_ = std::make_unique<service::RealtimeService>(engine_->agent_context(), engine_->pool(),
                                                          server::realtime_options(config_));
    server_ = std::move(*server::Server::start(config_, metrics_));
    server_->serve(*service_, engine_->buffers());
  }
  ~Place() { server_->stop(); }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  Config config_;
  Metrics metrics_;
  std::unique_ptr<server::Engine> engine_;
  std::unique_ptr<service::RealtimeService> service_;
  std::unique_ptr<server::Server> server_;
};

/// Where the kernel says how long the I/O loop's thread has run.
std::filesystem::path loop_times() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm") >> std::ws, name);
    if (name == "parley-io") return task.path() / "schedstat";
  }
  std::abort();
}

double seconds_of(const std::filesystem::path& times) {
  double nanos = 0;
  std::ifstream(times) >> nanos;
  return nanos / 1e9;
}

void await(test::WebSocketClient& client, std::string_view type) {
  for (;;) {
    const auto message = client.receive();
    require(message.kind == test::WebSocketClient::Received::Kind::text);
    if (message.data.find(type) != std::string::npos) return;
  }
}

void append_over_socket(benchmark::State& state) {
  constexpr int kAppends = 500;
  const Millis gap(state.range(0));
  const SteadyClock clock;
  exec::Parker rest;  // never woken
  const std::string event = bench::append_event(20);
  const Place place;
  test::WebSocketClient client(place.port(), "/v1/realtime?model=m");
  await(client, "session.created");
  const std::filesystem::path times = loop_times();
  for (auto _ : state) {
    const double before = seconds_of(times);
    for (int i = 0; i < kAppends; ++i) {
      require(client.send_text(event));
      if (gap > Millis(0)) rest.park_until(clock.now() + gap);
    }
    // The answer says that all of them have come; it is one event of five hundred more.
    require(client.send_text(R"({"type":"input_audio_buffer.clear"})"));
    await(client, "input_audio_buffer.cleared");
    state.SetIterationTime((seconds_of(times) - before) / kAppends);
  }
}
BENCHMARK(append_over_socket)->ArgName("rest_ms")->Arg(0)->Arg(20)->UseManualTime()->Iterations(1);

}  // namespace
}  // namespace parley
