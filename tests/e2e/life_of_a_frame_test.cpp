// SPDX-License-Identifier: Apache-2.0
//
// Compares the tables of ARCHITECTURE.md with a call and with a request for speech: clients on real
// sockets, a real server (fake models), every hop recorded; the order in which hops were first seen
// must be the order of the table, row by row.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/config.h"
#include "base/trace.h"
#include "server/engine.h"
#include "server/server.h"
#include "service/realtime/realtime_service.h"
#include "tests/support/audio.h"
#include "tests/support/hop_recorder.h"
#include "tests/support/socket_client.h"

namespace parley {
namespace {

using test::documented_hops;
using test::Hop;

std::string append_event(std::span<const float> samples) {
  std::string bytes;
  for (const float sample : samples) {
    const auto value = static_cast<std::int16_t>(sample * 32767.0F);
    bytes += static_cast<char>(value & 0xFF);
    bytes += static_cast<char>((value >> 8) & 0xFF);
  }
  std::string event = R"({"type":"input_audio_buffer.append","audio":")";
  base64_append(event, std::as_bytes(std::span(bytes)));
  return event + "\"}";
}

TEST(LifeOfAFrame, IsWhatArchitectureSays) {
  const std::vector<Hop> documented = documented_hops("## The life of one audio frame");
  ASSERT_GE(documented.size(), 10U);

  Config config;
  config.models.fake = true;
  config.server.port = 0;
  config.log.level = "off";
  Metrics metrics;
  test::HopRecorder recorder;
  auto engine = server::Engine::load(config, metrics, [](std::string_view) {});
  ASSERT_TRUE(engine) << engine.error().message;
  agent::AgentContext context = (*engine)->agent_context();
  context.tap = &recorder;
  service::RealtimeService service(context, (*engine)->pool(), server::realtime_options(config));
  auto server = server::Server::start(config, metrics);
  ASSERT_TRUE(server) << server.error().message;
  (*server)->serve(service, (*engine)->buffers());

  trace::listen(&recorder);
  test::WebSocketClient client((*server)->port(), "/v1/realtime?model=parley");
  ASSERT_TRUE(client.is_open());
  ASSERT_NE(client.receive().data.find("session.created"), std::string::npos);
  recorder.start();

  client.send_text(append_event(test::sine(24'000, 220.0, 24'000, 0.3)));
  client.send_text(append_event(test::silence(24'000)));
  std::string last;
  while (last.find("response.output_audio.delta") == std::string::npos) {
    const auto message = client.receive();
    ASSERT_EQ(message.kind, test::WebSocketClient::Received::Kind::text) << "after: " << last;
    last = message.data;
  }
  trace::listen(nullptr);

  test::compare(documented, recorder.all());
  client.send_close(1000);
  (*server)->stop();
}

TEST(LifeOfASpokenText, IsWhatArchitectureSays) {
  const std::vector<Hop> documented = documented_hops("## The life of a text that is spoken");
  ASSERT_GE(documented.size(), 9U);

  Config config;
  config.models.fake = true;
  config.server.port = 0;
  config.log.level = "off";
  Metrics metrics;
  test::HopRecorder recorder;
  auto engine = server::Engine::load(config, metrics, [](std::string_view) {});
  ASSERT_TRUE(engine) << engine.error().message;
  service::RealtimeService realtime((*engine)->agent_context(), (*engine)->pool(),
                                    server::realtime_options(config));
  service::SpeechContext context = (*engine)->speech_context();
  context.tap = &recorder;
  service::SpeechService speech(context, server::speech_options(config));
  auto server = server::Server::start(config, metrics);
  ASSERT_TRUE(server) << server.error().message;
  (*server)->serve(realtime, (*engine)->buffers(), nullptr, &speech);

  recorder.start();
  trace::listen(&recorder);
  const std::string body = R"({"input":"Good morning.","voice":"alloy","response_format":"pcm"})";
  test::Socket socket((*server)->port());
  socket.send("POST /v1/audio/speech HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_GT(socket.receive_all().size(), 1000U);
  trace::listen(nullptr);

  test::compare(documented, recorder.all());
  (*server)->stop();
}

}  // namespace
}  // namespace parley
