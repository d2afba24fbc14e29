// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/readiness.h"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/audio.h"
#include "tests/support/protocol_port.h"
#include "tests/support/scripted_endpoint.h"
#include "tests/support/speech_server.h"

#ifdef PARLEY_WITH_REMOTE
#include "backend/remote/remote_asr_host.h"
#endif

namespace parley::server {
namespace {

using test::object_of;
using test::WebSocketClient;
using testing::HasSubstr;
using Kind = test::SocketKind;

TEST(Readiness, SaysWhatWasMeasured) {
  const service::RecognitionLoad load{.streams = 7,
                                      .vad = {.wait = Millis(1), .busy = 0.25},
                                      .asr = {.wait = Millis(40), .busy = 0.5}};
  const auto ready = readiness(load, std::nullopt);
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.body,
            "{\"status\":\"ready\",\"streams\":7,\"asr\":{\"busy\":0.500,\"wait_ms\":40},"
            "\"vad\":{\"busy\":0.250,\"wait_ms\":1}}\n");
  const auto busy = readiness(load, service::RecognitionRefusal{"no time", 4});
  EXPECT_EQ(busy.status, 503);
  EXPECT_THAT(busy.headers, testing::Contains(testing::Pair("Retry-After", "4")));
  EXPECT_THAT(busy.body, HasSubstr(R"({"status":"busy","why":"no time","streams":7,)"));
  EXPECT_THAT(load_metrics_text(load, true),
              HasSubstr("parley_asr_busy_share{model=\"asr\"} 0.500\n"));
  EXPECT_THAT(load_metrics_text(load, false), HasSubstr("parley_asr_ready 0\n"));
}

/// A server that has room for one stream, and one on it.
class FullServerTest : public testing::Test {
 protected:
  void start() {
    place.config.limits.recognition_streams = 1;
    place.start();
    EXPECT_EQ(test::http(place.port(), "GET", "/readyz").status, 200);
    secret = minted(R"({"session":{"type":"transcription"}})");
    other_secret = minted(R"({"session":{"type":"realtime","model":"m"}})");
    first = std::make_unique<WebSocketClient>(place.port(), "/v1/asr/stream");
    first->send_text(R"({"type":"end"})");
    EXPECT_EQ(test::text_of(object_of(first->receive()), "type"), "done");
  }

  /// The headers of who has a secret for that session.
  test::Headers minted(const std::string& body) const {
    const auto answer = test::http(place.port(), "POST", "/v1/realtime/client_secrets", {}, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return {{"Authorization",
             "Bearer " + test::text_of(boost::json::parse(answer.body).as_object(), "value")}};
  }

  test::SpeechServer place;
  std::unique_ptr<WebSocketClient> first;
  test::Headers secret;        // for a session that listens
  test::Headers other_secret;  // for one that converses
};

TEST_F(FullServerTest, IsNotReadyAndRefusesBeforeTheUpgrade) {
  start();
  const auto ready = test::http(place.port(), "GET", "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(test::http(place.port(), "GET", "/healthz").status, 200) << "it is well";
  const WebSocketClient second(place.port(), "/v1/asr/stream");
  EXPECT_EQ(second.answer().status, 503);
  EXPECT_GE(std::stoi(second.answer().header("Retry-After")), 1);
  EXPECT_THAT(second.answer().body, HasSubstr("try again in 2 s"));
  const WebSocketClient device(place.port(), "/xiaozhi/v1/");
  EXPECT_EQ(device.answer().status, 503);
  EXPECT_EQ(WebSocketClient(place.port(), "/v1/realtime?intent=transcription").answer().status,
            503);
  EXPECT_EQ(WebSocketClient(place.port(), "/v1/realtime", secret).answer().status, 503);
  EXPECT_TRUE(
      WebSocketClient(place.port(), "/v1/realtime?intent=transcription", other_secret).is_open())
      << "what a secret was minted for is what counts";
  EXPECT_TRUE(WebSocketClient(place.port(), "/v1/realtime").is_open()) << "no recognition of ours";
  EXPECT_THAT(test::http(place.port(), "GET", "/metrics").body, HasSubstr("parley_asr_ready 0\n"));
  EXPECT_EQ(place.metric(R"(parley_asr_refused_total{face="raw"})"), 1.0);
  EXPECT_EQ(place.metric(R"(parley_asr_refused_total{face="xiaozhi"})"), 1.0);
}

TEST_F(FullServerTest, TellsPagesAfterIt) {
  start();
  const std::string origin = "http://127.0.0.1:" + std::to_string(place.port());
  WebSocketClient page(place.port(), "/v1/asr/stream", {{"Origin", origin}});
  ASSERT_TRUE(page.is_open());
  const auto refused = object_of(page.receive());
  EXPECT_EQ(refused.at("code"), 503);
  EXPECT_EQ(refused.at("retry_after_ms"), 2000);
  EXPECT_EQ(page.receive().code, 1013);
}

TEST_F(FullServerTest, RefusesRecordingsBeforeTheyAreRead) {
  start();
  const auto refused =
      test::http(place.port(), "POST", "/v1/audio/transcriptions",
                 {{"Content-Type", "multipart/form-data; boundary=b"}}, "--b--\r\n");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "2");
}

TEST_F(FullServerTest, RefusesOnThePortsOfOtherProtocols) {
  place.config.ports.vosk = 0;
  start();
  const std::uint16_t port = test::protocol_port(*place.server, "Vosk");
  const WebSocketClient vosk(port, "/");
  EXPECT_EQ(vosk.answer().status, 503);
  EXPECT_EQ(vosk.answer().header("Retry-After"), "2");
}

#ifdef PARLEY_WITH_REMOTE
TEST(RemoteReadiness, IsOverWhileAllCallsElsewhereAreTaken) {
  std::promise<void> go;
  using testing_support::Peer;
  testing_support::ScriptedEndpoint endpoint([gone = go.get_future().share()](Peer& peer) {
    peer.read_request();
    gone.get();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"text\":\"Hello\"}");
  });
  const SteadyClock clock;
  test::SpeechServer place;
  place.wrap_asr = [&](model::AsrHost&) -> std::unique_ptr<model::AsrHost> {
    backend::RemoteAsrOptions options;
    options.url = "http://127.0.0.1:" + std::to_string(endpoint.port()) + "/v1";
    options.takes_early_calls = false;
    options.running_max = 1;
    auto opened = backend::RemoteAsrHost::open(std::move(options), clock, place.metrics);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  };
  place.start();
  const auto ready = [&] { return test::http(place.port(), "GET", "/readyz").status == 200; };
  EXPECT_TRUE(ready());
  WebSocketClient client(place.port(), "/v1/asr/stream?partials=false");
  test::send_in_pieces(client, test::s16_bytes(test::noise(16'000, 1)), 1920);
  test::send_in_pieces(client, test::s16_bytes(test::silence(16'000)), 1920);
  while (ready()) continue;
  const WebSocketClient second(place.port(), "/v1/asr/stream");
  EXPECT_EQ(second.answer().status, 503);
  EXPECT_GE(std::stoi(second.answer().header("Retry-After")), 2);
  go.set_value();
  auto heard = object_of(client.receive());
  while (test::text_of(heard, "type") != "final") heard = object_of(client.receive());
  EXPECT_EQ(test::text_of(heard, "text"), "Hello");
  while (!ready()) continue;
}
#endif

/// Sockets that are open and do nothing do not hold up the end of a server.
class DrainTest : public testing::Test {
 protected:
  void drain_while(const std::function<void()>& looking) {
    std::thread drainer([this] {
      place.server->drain(std::chrono::seconds(test::kPatienceSeconds));
      is_drained.store(true);
    });
    looking();
    drainer.join();
  }

  test::SpeechServer place;
  std::atomic<bool> is_drained{false};
};

TEST_F(DrainTest, ClosesIdleSocketsOfEveryProtocol) {
  Config::Ports& ports = place.config.ports;
  ports.funasr = ports.sherpa_offline = ports.sherpa_online = ports.vosk = ports.wyoming = 0;
  place.start();
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  std::unique_ptr<test::Socket> wyoming;
  for (const auto& [protocol, address] : place.server->protocol_addresses()) {
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
    if (protocol == "Wyoming") {
      wyoming = std::make_unique<test::Socket>(port);
    } else {
      clients.push_back(std::make_unique<WebSocketClient>(port, "/"));
      EXPECT_TRUE(clients.back()->is_open()) << protocol;
    }
  }
  // One that has had its answer, and could send more.
  WebSocketClient& vosk = *clients.back();
  vosk.send_binary(std::string(3200, '\0'));
  EXPECT_EQ(vosk.receive().kind, Kind::text);
  drain_while([&] {
    for (const auto& client : clients) {
      WebSocketClient::Received last = client->receive();
      while (last.kind == Kind::text) last = client->receive();
      EXPECT_EQ(last.code, 1001);
    }
    EXPECT_FALSE(wyoming->receive_until("\n"));
  });
  EXPECT_TRUE(is_drained);
}

TEST_F(DrainTest, HearsASentenceToItsEnd) {
  place.start();
  WebSocketClient client(place.port(), "/v1/asr/stream?partials=false");
  const auto send = [&](const std::vector<float>& samples) {
    test::send_in_pieces(client, test::s16_bytes(samples), 1920);
  };
  send(test::noise(16'000, 1));
  EXPECT_EQ(test::text_of(object_of(client.receive()), "type"), "speech_started");
  drain_while([&] {
    while (test::http(place.port(), "GET", "/readyz").status == 200) continue;
    EXPECT_THAT(test::http(place.port(), "GET", "/readyz").body, HasSubstr("draining"));
    send(test::noise(8'000, 1));
    send(test::silence(16'000));
    const auto final = object_of(client.receive());
    EXPECT_EQ(test::text_of(final, "type"), "final");
    EXPECT_EQ(test::text_of(final, "text"), "heard 1.7 seconds");
    EXPECT_EQ(client.receive().code, 1001);
  });
  EXPECT_TRUE(is_drained);
}

}  // namespace
}  // namespace parley::server
