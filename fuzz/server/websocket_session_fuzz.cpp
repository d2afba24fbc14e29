// SPDX-License-Identifier: Apache-2.0
//
// Any bytes on a socket of a server with fake models: a first byte of 'G' or 'P' begins a request
// of its own, anything else comes after a good handshake, as frames. Whatever comes, the connection
// ends in good time, and the server answers the next one.
//
// A frame is a byte of flags and operation, a byte that says how its length is told, a byte of
// length, and that many bytes; operation 0x0F sends the bytes as they are.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/engine.h"
#include "server/server.h"
#include "service/realtime/realtime_service.h"
#include "tests/support/socket_client.h"

namespace {

using namespace parley;  // NOLINT: one file, one subject

constexpr std::string_view kEnd = "fuzz_end";  // the event_id of the last question
constexpr std::uint64_t kLookEvery = 64;

/// A core alone does not say which: compilers share one call of abort.
void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

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

enum class Form : std::uint8_t { shortest, wrong, of_16_bits, of_64_bits };

/// Mostly the usual one.
Form form_of(std::uint8_t byte, std::size_t length) {
  if (byte % 8 == 7) return Form::of_64_bits;
  if (byte % 8 == 6 || length > 125) return Form::of_16_bits;
  return byte % 8 == 5 ? Form::wrong : Form::shortest;
}

void append_length(std::string& out, Form form, std::size_t length) {
  constexpr unsigned kMasked = 0x80;
  if (form == Form::of_64_bits) {
    out += static_cast<char>(kMasked | 127U);
    out.append(7, '\0');
  } else if (form == Form::of_16_bits) {
    out += static_cast<char>(kMasked | 126U);
    out += '\0';
  } else {
    out += static_cast<char>(kMasked | (form == Form::wrong ? length / 2 : length));
  }
  if (form == Form::of_64_bits || form == Form::of_16_bits) out += static_cast<char>(length);
  out.append(4, '\0');  // a mask of zeros leaves the payload as it is
}

std::string_view take(std::string_view& bytes, std::size_t length) {
  const std::string_view taken = bytes.substr(0, length);
  bytes.remove_prefix(taken.size());
  return taken;
}

struct Frames {
  std::string bytes;
  bool are_whole = true;  // what is sent after them is a frame for the server too
};

Frames frames_of(std::string_view bytes) {
  Frames frames;
  while (bytes.size() >= 3) {
    const std::string_view head = take(bytes, 3);
    const auto flags = static_cast<std::uint8_t>(head[0]);
    const std::string_view payload = take(bytes, static_cast<std::uint8_t>(head[2]));
    const Form form = form_of(static_cast<std::uint8_t>(head[1]), payload.size());
    const bool is_raw = (flags & 0x0FU) == 0x0FU;
    if (!is_raw) {
      frames.bytes += static_cast<char>(flags);
      append_length(frames.bytes, form, payload.size());
    }
    frames.bytes += payload;
    frames.are_whole = frames.are_whole && !is_raw && form != Form::wrong;
  }
  return frames;
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
