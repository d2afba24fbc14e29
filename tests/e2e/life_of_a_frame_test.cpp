// SPDX-License-Identifier: Apache-2.0
//
// Compares the tables of ARCHITECTURE.md with a call and with a request for speech: clients on real
// sockets, a real server (fake models), every hop recorded; the order in which hops were first seen
// must be the order of the table, row by row.

#include <algorithm>
#include <chrono>
#include <fstream>
#include <mutex>
#include <sstream>
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
#include "tests/support/socket_client.h"

namespace parley {
namespace {

struct Hop {
  std::string file;  // below src/
  std::string node;  // of the graph; empty outside it
};

/// The rows `| n | `file` | node | … |` of the table below a heading.
std::vector<Hop> documented_hops(const std::string& heading) {
  std::ifstream page("ARCHITECTURE.md");
  EXPECT_TRUE(page) << "run from the root of the project";
  std::vector<Hop> hops;
  std::string line;
  while (std::getline(page, line) && line != heading) {
  }
  while (std::getline(page, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '|');) {
      std::erase_if(cell, [](char c) { return c == ' ' || c == '`'; });
      cells.push_back(cell);
    }
    const bool is_hop = cells.size() > 5 && cells[1] == std::to_string(hops.size() + 1);
    if (is_hop) hops.push_back({cells[2], cells[3]});
    if (!is_hop && !hops.empty()) break;
  }
  return hops;
}

/// Hops of all threads in one order: files outside the graph, nodes inside.
class Recorder final : public trace::HopSink, public graph::Tap {
 public:
  void on_hop(std::string_view file) noexcept override { note(file.substr(file.find("src/") + 4)); }
  void on_push(const graph::TapPoint& point, const media::FrameHeader&, std::size_t,
               Instant) noexcept override {
    if (!point.node.empty()) note(point.node);
  }
  /// Everything before was the set-up of the session, not the frame's life.
  void start() {
    const std::lock_guard lock(mutex_);
    running_ = true;
  }
  [[nodiscard]] std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void note(std::string_view place) {
    const std::lock_guard lock(mutex_);
    if (running_) seen_.emplace_back(place);
  }
  std::mutex mutex_;
  bool running_ = false;
  std::vector<std::string> seen_;
};

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

/// Each row must first be seen after the row above it was: nothing can skip a hop or overtake. And
/// nothing was seen that the table does not name.
void compare(const std::vector<Hop>& documented, const std::vector<std::string>& seen) {
  auto at = seen.begin();
  for (const Hop& hop : documented) {
    const std::string& name = hop.node.empty() ? hop.file : hop.node;
    const auto found = std::find(at, seen.end(), name);
    ASSERT_NE(found, seen.end()) << "hop '" << name << "' was not seen in its place";
    at = found;
    EXPECT_TRUE(std::ifstream("src/" + hop.file)) << hop.file << " does not exist";
  }
  for (const std::string& place : seen) {
    const bool is_documented =
        std::any_of(documented.begin(), documented.end(),
                    [&](const Hop& hop) { return place == hop.node || place == hop.file; });
    EXPECT_TRUE(is_documented) << place << " is in no row of ARCHITECTURE.md";
  }
}

TEST(LifeOfAFrame, IsWhatArchitectureSays) {
  const std::vector<Hop> documented = documented_hops("## The life of one audio frame");
  ASSERT_GE(documented.size(), 10U);

  Config config;
  config.models.fake = true;
  config.server.port = 0;
  config.log.level = "off";
  Metrics metrics;
  Recorder recorder;
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

  compare(documented, recorder.all());
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
  Recorder recorder;
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

  compare(documented, recorder.all());
  (*server)->stop();
}

}  // namespace
}  // namespace parley
