// SPDX-License-Identifier: Apache-2.0
//
// Any bytes on a speaking socket of a server with the stand-in voice: the first byte chooses which,
// the others come after a good handshake, as frames (frames.h). Whatever comes, the socket says
// only what it should, it ends in good time, no audio is of nobody, and the server answers the next
// one.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <boost/json.hpp>
#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/metrics.h"
#include "fuzz/server/frames.h"
#include "server/engine.h"
#include "server/server.h"
#include "service/realtime/realtime_service.h"
#include "service/speech/speech_service.h"
#include "tests/support/socket_client.h"

namespace {

using namespace parley;  // NOLINT: one file, one subject
using fuzz::require;
using Kind = test::WebSocketClient::Received::Kind;

constexpr std::uint64_t kLookEvery = 64;

struct Door {
  const char* target;
  const char* last_words;  // after them the socket ends
  bool has_audio;          // binary messages
};
constexpr std::array<Door, 4> kDoors{
    {{"/ws/audio", R"({"type":"close"})", true},
     {"/v1/speak?encoding=mulaw", R"({"type":"Close"})", true},
     {"/v1/text-to-speech/joe/stream-input?output_format=ulaw_8000", R"({"text":""})", false},
     {"/v1/text-to-speech/joe/multi-stream-input?output_format=ulaw_8000&auto_mode=true",
      R"({"close_socket":true})", false}}};

struct Place {
  Config config;
  Metrics metrics;
  std::unique_ptr<server::Engine> engine;
  std::unique_ptr<service::RealtimeService> realtime;
  std::unique_ptr<service::SpeechService> speech;
  std::unique_ptr<server::Server> server;

  Place() {
    // Before this is whole, so that its clean-up at exit comes after ours: what it keeps for the
    // server's threads goes when they end.
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr);
    config.models.fake = true;
    config.server.port = 0;
    config.tts.lead_seconds = 0;
    log::set_level(log::Level::off);
    engine = std::move(*server::Engine::load(config, metrics, [](std::string_view) {}));
    realtime = std::make_unique<service::RealtimeService>(engine->agent_context(), engine->pool(),
                                                          server::realtime_options(config));
    speech = std::make_unique<service::SpeechService>(engine->speech_context(),
                                                      server::speech_options(config));
    server = std::move(*server::Server::start(config, metrics));
    server->serve(*realtime, engine->buffers(), nullptr, speech.get());
  }
  ~Place() { server->stop(); }
};

/// Made once; goes with the process.
Place& place() {
  static Place one;
  return one;
}

/// Reads until the socket ends.
void hear(test::WebSocketClient& client, const Door& door) {
  bool has_begun = &door != &kDoors[0];
  for (;;) {
    const auto message = client.receive();
    if (message.kind == Kind::binary) {
      require(door.has_audio && !message.data.empty(), "audio comes where it should");
      require(has_begun, "audio belongs to an utterance");
      continue;
    }
    if (message.kind != Kind::text) return;
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(message.data, error);
    require(!error && value.is_object(), "the server says objects");
    const boost::json::value* type = value.get_object().if_contains("type");
    has_begun = has_begun || (type != nullptr && *type == "started");
  }
}

void talk(const Door& door, std::string_view bytes) {
  test::WebSocketClient client(place().server->port(), door.target);
  require(client.is_open(), "a good handshake is accepted");
  const fuzz::Frames frames = fuzz::frames_of(bytes);
  client.socket().send(frames.bytes);
  // What is paced would take as long as it plays.
  if (bytes.find("lead_ms") != std::string_view::npos) client.send_text(R"({"type":"cancel"})");
  client.send_text(door.last_words);
  if (!frames.are_whole) client.socket().finish_sending();
  hear(client, door);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::uint64_t runs = 0;
  if (size == 0) return 0;
  const SteadyClock clock;
  const Instant begun = clock.now();
  talk(kDoors[data[0] % kDoors.size()], {reinterpret_cast<const char*>(data) + 1, size - 1});
  require(clock.now() - begun < std::chrono::seconds(test::kPatienceSeconds), "no read gives up");
  if (++runs % kLookEvery == 0) {
    require(test::http(place().server->port(), "GET", "/healthz").status == 200,
            "the server is well");
  }
  return 0;
}
