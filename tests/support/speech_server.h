// SPDX-License-Identifier: Apache-2.0
//
// A whole server with the stand-in voice, for tests of what speaks over sockets.
//
// Threads: one owner.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "model/asr_model.h"
#include "server/engine.h"
#include "server/server.h"
#include "server/speakers/kept_speakers.h"
#include "tests/support/socket_client.h"

namespace parley::test {

class SpeechServer {
 public:
  SpeechServer() {
    config.server.port = 0;
    config.models.fake = true;
    config.tts.lead_seconds = 0;  // as fast as it can
    config.playout.lead_ms = 0;
  }
  ~SpeechServer() {
    if (server) server->stop();  // its threads use the rest
    overheard.reset();           // whose calls hold places in it
    speakers.reset();            // whose jobs use it
  }

  void start() {
    auto started = server::Server::start(config, metrics);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    auto loaded = server::Engine::load(config, metrics, [](std::string_view) {});
    ASSERT_TRUE(loaded) << loaded.error().message;
    engine = std::move(*loaded);
    realtime = std::make_unique<service::RealtimeService>(engine->agent_context(), engine->pool(),
                                                          server::realtime_options(config));
    speech = std::make_unique<service::SpeechService>(engine->speech_context(),
                                                      server::speech_options(config));
    if (wrap_asr) asr = wrap_asr(engine->recognition_context().asr);
    service::RecognitionContext listening = recognition_context();
    auto kept = server::KeptSpeakers::make(config, *engine, metrics);
    ASSERT_TRUE(kept) << kept.error().message;
    speakers = std::move(*kept);
    if (speakers) {
      listening.known_speakers = &speakers->known();
      server->serve_speakers(speakers->desk());
    }
    recognition = std::make_unique<service::RecognitionService>(
        listening, server::recognition_options(config));
    agent::AgentContext context = engine->agent_context();
    if (speakers) context.known_speakers = &speakers->known();
    devices = std::make_unique<service::XiaozhiService>(context, engine->pool(),
                                                        server::xiaozhi_options(config));
    server->serve_devices(*devices);
    calls = std::make_unique<service::CallService>(context, engine->pool(),
                                                   server::call_options(config));
    if (observer != nullptr) {
      overheard = std::make_unique<service::OverheardCalls>(*recognition, *observer,
                                                            server::overheard_options(config));
    }
    server->serve_calls(*calls, overheard.get());
    server->serve(*realtime, engine->buffers(), nullptr, speech.get(), recognition.get());
  }
  [[nodiscard]] std::uint16_t port() const { return server->port(); }
  /// The value of a metric's line; 0 when there is none yet.
  [[nodiscard]] double metric(const std::string& name) const {
    const std::string text = "\n" + metrics.render();
    const std::size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0.0 : std::stod(text.substr(at + name.size() + 2));
  }

  Config config;
  /// Recognition hears by what this makes of the engine's recogniser, where a test sets it.
  std::function<std::unique_ptr<model::AsrHost>(model::AsrHost&)> wrap_asr;
  service::SessionObserver* observer = nullptr;  // to be set before the start; outlives it
  Metrics metrics;
  std::unique_ptr<server::Engine> engine;
  std::unique_ptr<model::AsrHost> asr;             // null: the engine's own
  std::unique_ptr<server::KeptSpeakers> speakers;  // null unless speakers.model is set
  std::unique_ptr<service::RealtimeService> realtime;
  std::unique_ptr<service::SpeechService> speech;
  std::unique_ptr<service::RecognitionService> recognition;
  std::unique_ptr<service::XiaozhiService> devices;
  std::unique_ptr<service::CallService> calls;
  std::unique_ptr<service::OverheardCalls> overheard;  // null without an observer
  std::unique_ptr<server::Server> server;

 private:
  [[nodiscard]] service::RecognitionContext recognition_context() const {
    const service::RecognitionContext own = engine->recognition_context();
    return {.clock = own.clock,
            .timers = own.timers,
            .executor = own.executor,
            .buffers = own.buffers,
            .metrics = own.metrics,
            .vad = own.vad,
            .asr = asr ? *asr : own.asr,
            .tap = own.tap,
            .speakers = own.speakers,
            .streaming = own.streaming,
            .streams_finals = own.streams_finals};
  }
};

using SocketKind = WebSocketClient::Received::Kind;

/// The next message as JSON; an empty object when it is no text.
inline boost::json::object object_of(const WebSocketClient::Received& received) {
  return received.kind == SocketKind::text ? boost::json::parse(received.data).as_object()
                                           : boost::json::object();
}

/// A string member; empty when there is none.
inline std::string text_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value == nullptr || !value->is_string() ? std::string() : std::string(value->get_string());
}

}  // namespace parley::test
