// SPDX-License-Identifier: Apache-2.0
//
// Any bytes on a socket of a server with fake models: a first byte of 'G' or 'P' begins a request
// of its own, anything else comes after a good handshake, as frames. Whatever comes, the connection
// ends in good time, and the server answers the next one. frames.h says how bytes become frames.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/metrics.h"
#include "fuzz/server/frames.h"
#include "server/engine.h"
#include "server/server.h"
#include "service/realtime/realtime_service.h"
#include "tests/support/socket_client.h"

namespace {

using namespace parley;  // NOLINT: one file, one subject
using fuzz::Frames;
using fuzz::frames_of;
using fuzz::require;

constexpr std::string_view kEnd = "fuzz_end";  // the event_id of the last question
constexpr std::uint64_t kLookEvery = 64;

struct Place {
  Config config;
  Metrics metrics;
  std::unique_ptr<server::Engine> engine;
  std::unique_ptr<service::RealtimeService> service;
  std::unique_ptr<server::Server> server;

  Place() {
    // Before this is whole, so that its clean-up at exit comes after ours: what it keeps for the
    // server's threads goes when they end.
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr);
    config.models.fake = true;
    config.server.port = 0;
    log::set_level(log::Level::off);
    config.playout.lead_ms = 0;
    engine = std::move(*server::Engine::load(config, metrics, [](std::string_view) {}));
    service = std::make_unique<service::RealtimeService>(engine->agent_context(), engine->pool(),
                                                         server::realtime_options(config));
    server = std::move(*server::Server::start(config, metrics));
    server->serve(*service, engine->buffers());
  }
  ~Place() { server->stop(); }
};

/// Made once; goes with the process.
Place& place() {
  static Place one;
  return one;
}

void talk(std::string_view bytes) {
  test::WebSocketClient client(place().server->port(), "/v1/realtime?model=parley");
  require(client.is_open(), "a good handshake is accepted");
  const Frames frames = frames_of(bytes);
  client.socket().send(frames.bytes);
  client.send_text(R"({"type":"conversation.item.retrieve","item_id":"x","event_id":"fuzz_end"})");
  if (!frames.are_whole) client.socket().finish_sending();
  for (;;) {
    const auto message = client.receive();
    if (message.kind != test::WebSocketClient::Received::Kind::text) return;
    require(message.data.starts_with('{'), "the server says objects");
    if (message.data.find(kEnd) != std::string::npos) return;
  }
}

void ask(std::string_view bytes) {
  test::Socket socket(place().server->port());
  require(socket.is_connected(), "the port is open");
  socket.send(bytes);
  socket.finish_sending();
  socket.receive_all();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::uint64_t runs = 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const SteadyClock clock;
  const Instant begun = clock.now();
  if (bytes.starts_with('G') || bytes.starts_with('P')) {
    ask(bytes);
  } else {
    talk(bytes);
  }
  require(clock.now() - begun < std::chrono::seconds(test::kPatienceSeconds), "no read gives up");
  if (++runs % kLookEvery == 0) {
    require(test::http(place().server->port(), "GET", "/healthz").status == 200,
            "the server is well");
  }
  return 0;
}
