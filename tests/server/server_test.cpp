// SPDX-License-Identifier: Apache-2.0
//
// The whole server with stand-in models, over real sockets.
#include "server/server.h"

#include <deque>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "codec/audio_codec.h"
#include "server/engine.h"
#include "server/realtime_rest.h"
#include "tests/support/audio.h"
#include "tests/support/socket_client.h"

namespace parley::server {
namespace {

using test::Headers;
using test::WebSocketClient;
using Kind = WebSocketClient::Received::Kind;
namespace json = boost::json;

constexpr const char* kRealtime = "/v1/realtime?model=any";

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    config.server.port = 0;
    config.models.fake = true;
    config.playout.lead_ms = 0;
  }
  // The server's threads use the rest.
  void TearDown() override {
    if (server != nullptr) server->stop();
  }

  void bind() {
    auto started = Server::start(config, metrics);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  void start() {
    ASSERT_NO_FATAL_FAILURE(bind());
    ASSERT_NO_FATAL_FAILURE(load_and_serve());
  }
  void load_and_serve() {
    auto loaded = Engine::load(config, metrics, [](std::string_view) {});
    ASSERT_TRUE(loaded) << loaded.error().message;
    engine = std::move(*loaded);
    service = std::make_unique<service::RealtimeService>(engine->agent_context(), engine->pool(),
                                                         realtime_options(config));
    server->serve(*service, engine->buffers());
  }
  [[nodiscard]] std::uint16_t port() const { return server->port(); }
  [[nodiscard]] test::HttpResult get(std::string_view path, const Headers& headers = {}) const {
    return test::http(port(), "GET", path, headers);
  }

  Config config;
  Metrics metrics;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<service::RealtimeService> service;
  std::unique_ptr<Server> server;
};

json::object event_of(const WebSocketClient::Received& received) {
  return received.kind == Kind::text ? json::parse(received.data).as_object() : json::object();
}

std::string type_of(const WebSocketClient::Received& received) {
  const json::object event = event_of(received);
  const json::value* type = event.if_contains("type");
  return type == nullptr ? "" : std::string(type->as_string());
}

std::string error_code(const WebSocketClient::Received& received) {
  const json::object event = event_of(received);
  const json::value* error = event.if_contains("error");
  return error == nullptr ? "" : std::string(error->at("code").as_string());
}

/// Reads until an event of this type; false when the connection ends first.
bool read_until(WebSocketClient& client, std::string_view type) {
  for (;;) {
    const auto received = client.receive();
    if (received.kind != Kind::text) return false;
    if (type_of(received) == type) return true;
  }
}

void ask(WebSocketClient& client, std::string_view text) {
  client.send_text(
      R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[)"
      R"({"type":"input_text","text":")" +
      std::string(text) + R"("}]}})");
  client.send_text(R"({"type":"response.create","response":{"output_modalities":["text"]}})");
}

// --- HTTP ---------------------------------------------------------------------------------------

TEST_F(ServerTest, HealthSaysWhereItStands) {
  bind();
  EXPECT_EQ(get("/healthz").status, 503);
  EXPECT_EQ(get("/healthz").body, "{\"status\":\"starting\"}\n");
  EXPECT_EQ(WebSocketClient(port(), kRealtime).answer().status, 503);
  server->stop();
  start();
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/healthz").body, "{\"status\":\"ok\"}\n");
  server->drain(Millis(0));
  EXPECT_EQ(get("/healthz").status, 503);
  EXPECT_EQ(get("/healthz").body, "{\"status\":\"draining\"}\n");
  EXPECT_EQ(WebSocketClient(port(), kRealtime).answer().status, 503);
}

TEST_F(ServerTest, HealthNamesWhatItCanDoWithout) {
  bind();
  std::optional<std::string> trouble = "the \"disk\" is full";
  server->report("phrase_cache", [&] { return trouble; });
  load_and_serve();
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/healthz").body, R"({"status":"ok","phrase_cache":"the \"disk\" is full"})"
                                  "\n");
  trouble.reset();
  EXPECT_EQ(get("/healthz").body, "{\"status\":\"ok\"}\n");
}

/// A queue whose losses nobody can see is a queue that loses things.
TEST_F(ServerTest, ShowsTheCounterOfEveryQueue) {
  start();
  WebSocketClient client(port(), kRealtime);
  ASSERT_EQ(event_of(client.receive()).at("type"), "session.created");
  const std::string text = get("/metrics").body;
  for (const std::string name :
       {"parley_worker_runs_total", "parley_worker_stolen_total", "parley_worker_parked_total",
        "parley_realtime_mailbox_full_total", "parley_realtime_mailbox_refused_total",
        "parley_realtime_slow_sends_total", "parley_input_dropped_samples_total",
        "parley_graph_inlet_refused_total", "parley_graph_frames_stale_total",
        "parley_model_refused_total"}) {
    EXPECT_NE(text.find("# HELP " + name + " "), std::string::npos) << name;
    EXPECT_NE(text.find("\n" + name), std::string::npos) << name;
  }
}

TEST_F(ServerTest, Routes) {
  start();
  EXPECT_EQ(get("/").status, 200);
  EXPECT_EQ(get("/index.html").header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(get("/nothing").status, 404);
  EXPECT_EQ(get("/v1/realtime?model=m").status, 426);
  EXPECT_EQ(test::http(port(), "POST", "/").status, 405);
  EXPECT_EQ(test::http(port(), "DELETE", "/healthz").header("allow"), "GET, HEAD");
  EXPECT_NE(get("/metrics").body.find("parley_connections 1\n"), std::string::npos);
  EXPECT_EQ(WebSocketClient(port(), "/v2/realtime").answer().status, 404);
  EXPECT_EQ(WebSocketClient(port(), "/v1/realtime?call_id=rtc_x").answer().status, 404);
  EXPECT_EQ(json::parse(get("/nothing").body).at("error").at("code"), "not_found");
}

TEST_F(ServerTest, OtherSitesAreRefusedEverywhere) {
  start();
  for (const char* path : {"/", "/metrics", "/healthz", kRealtime}) {
    EXPECT_EQ(get(path, {{"Host", "evil.example"}}).status, 403) << path;
    EXPECT_EQ(get(path, {{"Origin", "https://evil.example"}}).status, 403) << path;
  }
  EXPECT_EQ(WebSocketClient(port(), kRealtime, {{"Origin", "http://evil.example"}}).answer().status,
            403);
  EXPECT_EQ(WebSocketClient(port(), kRealtime, {{"Host", "evil.example"}}).answer().status, 403);
  EXPECT_TRUE(WebSocketClient(port(), kRealtime, {{"Origin", "http://localhost:8080"}}).is_open());
}

TEST_F(ServerTest, WithKeysAnyNameIsFineAndMetricsNeedOne) {
  config.server.api_keys = {"sesame"};
  start();
  EXPECT_EQ(get("/", {{"Host", "parley.example"}}).status, 200);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/metrics").status, 401);
  EXPECT_EQ(get("/metrics", {{"Authorization", "Bearer wrong"}}).status, 401);
  EXPECT_EQ(get("/metrics", {{"Authorization", "Bearer sesame"}}).status, 200);
}

TEST_F(ServerTest, AnOpenAddressDemandsKeys) {
  config.server.host = "0.0.0.0";
  auto refused = Server::start(config, metrics);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
  EXPECT_NE(refused.error().message.find("server.api_keys"), std::string::npos);
  config.server.api_keys = {"sesame"};
  bind();
  EXPECT_EQ(get("/healthz").status, 503);
}

TEST_F(ServerTest, ATakenPortSaysWhatToDo) {
  bind();
  config.server.port = port();
  Metrics other;
  const auto refused = Server::start(config, other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::already_exists);
  EXPECT_NE(refused.error().message.find("--port"), std::string::npos);
}

// --- sessions -----------------------------------------------------------------------------------

TEST_F(ServerTest, ASessionBeginsAndAnswers) {
  start();
  WebSocketClient client(port(), "/v1/realtime?model=my-model");
  const json::object created = event_of(client.receive());
  EXPECT_EQ(created.at("type"), "session.created");
  EXPECT_EQ(created.at("session").at("model"), "my-model");
  ask(client, "hello");
  EXPECT_TRUE(read_until(client, "response.done"));
}

TEST_F(ServerTest, SubprotocolsAreAnsweredByRealtimeOnly) {
  config.server.api_keys = {"sesame"};
  start();
  const WebSocketClient client(
      port(), kRealtime, {{"Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.sesame"}});
  EXPECT_EQ(client.answer().header("sec-websocket-protocol"), "realtime");
  const WebSocketClient silent(port(), kRealtime, {{"Authorization", "Bearer sesame"}});
  EXPECT_EQ(silent.answer().header("sec-websocket-protocol"), "");
}

struct RefusalCase {
  const char* target;
  Headers headers;
  std::string code;
  std::uint16_t close_code;
};

TEST_F(ServerTest, FatalRefusalsAreOneErrorAndAClose) {
  config.server.api_keys = {"sesame"};
  start();
  const std::pair<std::string, std::string> key{"Authorization", "Bearer sesame"};
  const RefusalCase cases[] = {
      {kRealtime, {}, "invalid_api_key", 3000},
      {kRealtime, {{"Authorization", "Bearer wrong"}}, "invalid_api_key", 3000},
      {kRealtime, {{"api-key", "wrong"}}, "invalid_api_key", 3000},
      {kRealtime,
       {{"Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.wrong"}},
       "invalid_api_key",
       3000},
      {"/v1/realtime", {key}, "missing_model", 4000},
      {"/v1/realtime?model=", {key}, "missing_model", 4000},
      {kRealtime, {{"Authorization", "Bearer ek_unknown"}}, "invalid_api_key", 3000},
  };
  for (const RefusalCase& given : cases) {
    SCOPED_TRACE(given.target + (" " + given.code));
    WebSocketClient client(port(), given.target, given.headers);
    ASSERT_EQ(client.answer().status, 101);
    const auto error = client.receive();
    EXPECT_EQ(type_of(error), "error");
    EXPECT_EQ(error_code(error), given.code);
    EXPECT_TRUE(event_of(error).at("event_id").is_string());
    const auto end = client.receive();
    EXPECT_EQ(end.kind, Kind::close);
    EXPECT_EQ(end.code, given.close_code);
    EXPECT_EQ(end.data, "invalid_request_error." + given.code);
  }
}

// --- the beta dialect, and what stands beside the socket ----------------------------------------

TEST_F(ServerTest, TheBetaIsSpokenWhereItIsAskedFor) {
  start();
  const std::vector<Headers> ways = {
      {{"OpenAI-Beta", "realtime=v1"}},
      {{"Sec-WebSocket-Protocol", "realtime, openai-beta.realtime-v1"}}};
  for (const Headers& way : ways) {
    WebSocketClient client(port(), kRealtime, way);
    const json::object created = event_of(client.receive());
    EXPECT_TRUE(created.at("session").as_object().contains("modalities"));
    EXPECT_EQ(type_of(client.receive()), "conversation.created");
    client.send_text(R"({"type":"session.update","session":{"modalities":["text"]}})");
    EXPECT_EQ(type_of(client.receive()), "session.updated");
    client.send_text(
        R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[)"
        R"({"type":"input_text","text":"hello"}]}})");
    client.send_text(R"({"type":"response.create","response":{"modalities":["text"]}})");
    EXPECT_TRUE(read_until(client, "conversation.item.created"));
    EXPECT_TRUE(read_until(client, "response.text.done"));
    EXPECT_TRUE(read_until(client, "response.done"));
  }
  const WebSocketClient client(port(), kRealtime,
                               {{"Sec-WebSocket-Protocol", "openai-beta.realtime-v1, x"}});
  EXPECT_EQ(client.answer().header("Sec-WebSocket-Protocol"), "openai-beta.realtime-v1");
}

json::object body_of(const test::HttpResult& result) {
  return json::parse(result.body).as_object();
}

TEST_F(ServerTest, AClientSecretOpensSessionsAsItWasMinted) {
  config.server.api_keys = {"key"};
  start();
  const Headers key = {{"Authorization", "Bearer key"}};
  const std::string path = "/v1/realtime/client_secrets";
  const std::string wish = R"({"expires_after":{"anchor":"created_at","seconds":60},"session":)"
                           R"({"type":"realtime","model":"m","instructions":"Rhyme."}})";
  EXPECT_EQ(test::http(port(), "POST", path, {}, wish).status, 401);
  EXPECT_EQ(test::http(port(), "GET", path, key).status, 405);
  const auto bad =
      test::http(port(), "POST", path, key, R"({"session":{"type":"realtime","x":1}})");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(body_of(bad).at("error").at("param"), "session.x");
  EXPECT_EQ(body_of(bad).at("error").at("code"), "unknown_parameter");

  const auto minted = test::http(port(), "POST", path, key, wish);
  ASSERT_EQ(minted.status, 200) << minted.body;
  const json::object secret = body_of(minted);
  const std::string value(secret.at("value").as_string());
  EXPECT_TRUE(value.starts_with("ek_"));
  EXPECT_EQ(secret.at("session").at("instructions"), "Rhyme.");
  EXPECT_EQ(secret.at("session").at("expires_at"), 0);
  EXPECT_NEAR(static_cast<double>(secret.at("expires_at").as_int64()),
              static_cast<double>(SteadyClock().unix_seconds() + 60), 5.0);

  // Twice, and without a model: it is the secret's.
  const std::vector<Headers> ways = {
      {{"Authorization", "Bearer " + value}},
      {{"Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key." + value}}};
  for (const Headers& way : ways) {
    WebSocketClient client(port(), "/v1/realtime", way);
    const json::object session = event_of(client.receive()).at("session").as_object();
    EXPECT_EQ(session.at("instructions"), "Rhyme.");
    EXPECT_EQ(session.at("model"), "m");
    client.send_text(R"({"type":"session.update","session":{"type":"realtime","speed":1}})");
    EXPECT_EQ(type_of(client.receive()), "error");
    client.send_text(R"({"type":"session.update","session":{"type":"realtime",)"
                     R"("instructions":"Sing."}})");
    EXPECT_EQ(event_of(client.receive()).at("session").at("instructions"), "Sing.");
  }
  EXPECT_EQ(get("/metrics", {{"Authorization", "Bearer " + value}}).status, 401)
      << "it opens sessions and nothing else";
}

// printf alpha | sha256sum
constexpr const char* kWebKey =
    "name=web sha256=8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8";

TEST_F(ServerTest, AKeyBeyondItsRequestsIsToldWhenToTryAgain) {
  config.server.keys = {kWebKey + std::string(" requests_per_minute=1"),
                        "name=other sha256=" + std::string(64, '0')};
  start();
  const Headers key = {{"Authorization", "Bearer alpha"}};
  test::HttpResult answer;
  // The minute may end between two of them.
  for (int i = 0; i < 3 && answer.status != 429; ++i) answer = get("/v1/models", key);
  ASSERT_EQ(answer.status, 429);
  const int wait = std::stoi(answer.header("retry-after"));
  EXPECT_GE(wait, 1);
  EXPECT_LE(wait, 60);
  const json::object error = body_of(answer).at("error").as_object();
  EXPECT_EQ(error.at("code"), "rate_limit_exceeded");
  EXPECT_EQ(error.at("param"), nullptr);
  EXPECT_NE(std::string(error.at("message").as_string()).find("try again in"), std::string::npos);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_NE(
      get("/metrics", key)
          .body.find("parley_limits_refused_total{key=\"web\",limit=\"requests_per_minute\"} 1"),
      std::string::npos);
}

TEST_F(ServerTest, SessionsOfAKeyAndOfItsSecretsShareItsPlaces) {
  config.server.keys = {kWebKey + std::string(" sessions=1")};
  config.server.api_keys = {"free"};
  start();
  const Headers key = {{"Authorization", "Bearer alpha"}};
  const auto minted = test::http(port(), "POST", "/v1/realtime/client_secrets", key,
                                 R"({"session":{"type":"realtime","model":"m"}})");
  ASSERT_EQ(minted.status, 200) << minted.body;
  const std::string secret(body_of(minted).at("value").as_string());
  {
    WebSocketClient first(port(), kRealtime, key);
    EXPECT_EQ(type_of(first.receive()), "session.created");
    WebSocketClient second(port(), kRealtime, {{"Authorization", "Bearer " + secret}});
    const auto refused = second.receive();
    EXPECT_EQ(error_code(refused), "rate_limit_exceeded");
    EXPECT_NE(refused.data.find("Please try again in 10s."), std::string::npos);
    const auto closed = second.receive();
    EXPECT_EQ(closed.kind, Kind::close);
    EXPECT_EQ(closed.code, 1013);
    WebSocketClient other(port(), kRealtime, {{"Authorization", "Bearer free"}});
    EXPECT_EQ(type_of(other.receive()), "session.created");
  }
  // Given back with the first.
  for (;;) {
    WebSocketClient again(port(), kRealtime, {{"Authorization", "Bearer " + secret}});
    if (type_of(again.receive()) == "session.created") break;
  }
}

TEST_F(ServerTest, TheBudgetOfAKeyEndsItsSession) {
  config.server.keys = {kWebKey + std::string(" budget=0.5")};
  config.price.output_text = 1'000'000;
  start();
  WebSocketClient client(port(), kRealtime, {{"Authorization", "Bearer alpha"}});
  ask(client, "hello");
  ASSERT_TRUE(read_until(client, "response.done"));
  EXPECT_EQ(error_code(client.receive()), "insufficient_quota");
  const auto closed = client.receive();
  EXPECT_EQ(closed.kind, Kind::close);
  EXPECT_EQ(closed.code, 4000);
}

TEST_F(ServerTest, BetaSecretsComeInASession) {
  start();
  const auto minted = test::http(port(), "POST", "/v1/realtime/sessions", {},
                                 R"({"model":"m","modalities":["text"],"voice":"echo"})");
  ASSERT_EQ(minted.status, 200) << minted.body;
  const json::object session = body_of(minted);
  EXPECT_EQ(session.at("object"), "realtime.session");
  EXPECT_EQ(session.at("modalities"), json::array{"text"});
  const std::string value(session.at("client_secret").at("value").as_string());
  WebSocketClient client(port(), "/v1/realtime",
                         {{"Authorization", "Bearer " + value}, {"OpenAI-Beta", "realtime=v1"}});
  EXPECT_EQ(event_of(client.receive()).at("session").at("voice"), "echo");

  const auto heard = test::http(port(), "POST", "/v1/realtime/transcription_sessions", {},
                                R"({"input_audio_transcription":{"model":"whisper-1"}})");
  ASSERT_EQ(heard.status, 200) << heard.body;
  EXPECT_EQ(body_of(heard).at("object"), "realtime.transcription_session");
  WebSocketClient listener(
      port(), "/v1/realtime",
      {{"Authorization",
        "Bearer " + std::string(body_of(heard).at("client_secret").at("value").as_string())},
       {"OpenAI-Beta", "realtime=v1"}});
  EXPECT_EQ(type_of(listener.receive()), "transcription_session.created");
}

TEST_F(ServerTest, ThereAreNoCalls) {
  start();
  for (const std::string verb : {"accept", "reject", "refer", "hangup"}) {
    const auto answer = test::http(port(), "POST", "/v1/realtime/calls/rtc_1/" + verb, {}, "{}");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(body_of(answer).at("error").at("code"), "call_id_not_found");
  }
  EXPECT_EQ(test::http(port(), "POST", "/v1/realtime/calls/rtc_1/sing", {}, "{}").status, 404);
  EXPECT_EQ(test::http(port(), "POST", "/v1/realtime/calls", {}, "v=0").status, 501);
  EXPECT_EQ(WebSocketClient(port(), "/v1/realtime?call_id=rtc_1").answer().status, 404);
}

TEST_F(ServerTest, ModelsAreListed) {
  config.llm.model = "org/big";
  start();
  const json::object list = body_of(get("/v1/models"));
  EXPECT_EQ(list.at("object"), "list");
  const json::object first = list.at("data").at(0).as_object();
  EXPECT_EQ(first.at("id"), "org/big");
  EXPECT_EQ(first.at("object"), "model");
  EXPECT_TRUE(first.at("created").is_int64());
  EXPECT_EQ(body_of(get("/v1/models/org/big")), first);
  EXPECT_EQ(get("/v1/models/none").status, 404);
  EXPECT_EQ(test::http(port(), "POST", "/v1/models", {}, "{}").status, 405);
}

TEST_F(ServerTest, ATranscriptionSessionNeedsNoModel) {
  start();
  WebSocketClient client(port(), "/v1/realtime?intent=transcription");
  const json::object created = event_of(client.receive());
  EXPECT_EQ(created.at("type"), "session.created");
  EXPECT_EQ(created.at("session").at("type"), "transcription");
}

TEST_F(ServerTest, SessionsBeyondTheLimitAreToldToComeBack) {
  config.limits.sessions = 1;
  start();
  std::optional<WebSocketClient> first(std::in_place, port(), kRealtime);
  EXPECT_EQ(type_of(first->receive()), "session.created");
  WebSocketClient second(port(), kRealtime);
  EXPECT_EQ(error_code(second.receive()), "rate_limit_exceeded");
  EXPECT_EQ(second.receive().code, 1013);
  first->send_close(1000);
  EXPECT_EQ(first->receive().kind, Kind::close);
  while (service->sessions() > 0) std::this_thread::yield();
  EXPECT_EQ(type_of(WebSocketClient(port(), kRealtime).receive()), "session.created");
}

TEST_F(ServerTest, BadFramesAreErrorsAndTheSessionGoesOn) {
  start();
  WebSocketClient client(port(), kRealtime);
  EXPECT_EQ(type_of(client.receive()), "session.created");
  client.send_text("not json");
  EXPECT_EQ(type_of(client.receive()), "error");
  client.send_binary("binary");
  EXPECT_EQ(error_code(client.receive()), "invalid_event");
  client.send_text(R"({"type":"input_audio_buffer.append","audio":")" +
                   std::string(30'000'000, 'A') + "\"}");
  EXPECT_EQ(type_of(client.receive()), "error");
  ask(client, "still there?");
  EXPECT_TRUE(read_until(client, "response.done"));
  client.send_text(std::string((32U << 20U) + 1, 'x'));
  EXPECT_EQ(client.receive().code, 1009);
}

TEST_F(ServerTest, AudioMuchFasterThanItIsHeardIsAllTaken) {
  start();
  WebSocketClient client(port(), kRealtime);
  EXPECT_EQ(type_of(client.receive()), "session.created");
  client.send_text(R"({"type":"session.update","session":{"type":"realtime","audio":{"input":)"
                   R"({"turn_detection":null}}}})");
  EXPECT_EQ(type_of(client.receive()), "session.updated");
  // 60 s in 20 ms pieces: far more events than the mailbox holds.
  const std::string piece =
      R"({"type":"input_audio_buffer.append","audio":")" + std::string(1280, 'A') + "\"}";
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(client.send_text(piece));
  client.send_text(R"({"type":"input_audio_buffer.commit"})");
  EXPECT_TRUE(read_until(client, "conversation.item.done"));
}

TEST_F(ServerTest, ManySessionsAtOnce) {
  config.server.io_threads = 2;
  start();
  std::deque<WebSocketClient> clients;
  for (int i = 0; i < 50; ++i) clients.emplace_back(port(), kRealtime);
  for (WebSocketClient& client : clients) ask(client, "hello");
  for (WebSocketClient& client : clients) EXPECT_TRUE(read_until(client, "response.done"));
}

TEST_F(ServerTest, DrainingEndsIdleSessionsAtOnce) {
  start();
  WebSocketClient client(port(), kRealtime);
  EXPECT_EQ(type_of(client.receive()), "session.created");
  std::thread drainer([this] { server->drain(std::chrono::seconds(test::kPatienceSeconds)); });
  const auto end = client.receive();
  drainer.join();
  EXPECT_EQ(end.kind, Kind::close);
  EXPECT_EQ(end.code, 1001);
  EXPECT_EQ(service->sessions(), 0U);
}

TEST_F(ServerTest, DrainingLetsARunningReplyFinish) {
  config.playout.lead_ms = 100;  // paced, so that the reply is still running when the drain begins
  start();
  WebSocketClient client(port(), kRealtime);
  EXPECT_EQ(type_of(client.receive()), "session.created");
  client.send_text(
      R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[)"
      R"({"type":"input_text","text":"one two three four"}]}})");
  client.send_text(R"({"type":"response.create"})");
  ASSERT_TRUE(read_until(client, "response.output_audio.delta"));
  std::thread drainer([this] { server->drain(std::chrono::seconds(test::kPatienceSeconds)); });
  std::string status;
  WebSocketClient::Received received = client.receive();
  for (; received.kind == Kind::text; received = client.receive()) {
    const json::object event = event_of(received);
    if (event.at("type") == "response.done") status = event.at("response").at("status").as_string();
  }
  drainer.join();
  EXPECT_EQ(status, "completed");
  EXPECT_EQ(received.code, 1001);
}

TEST_F(ServerTest, DrainingHearsASentenceToItsEnd) {
  start();
  WebSocketClient client(port(), "/v1/realtime?intent=transcription");
  ASSERT_EQ(type_of(client.receive()), "session.created");
  const auto append = [&](const std::vector<float>& samples) {
    std::string bytes(samples.size() * 2, '\0');
    codec::encode(media::Codec::pcm16, samples, std::as_writable_bytes(std::span(bytes)));
    std::string event = R"({"type":"input_audio_buffer.append","audio":")";
    base64_append(event, std::as_bytes(std::span(bytes)));
    client.send_text(event + "\"}");
  };
  append(test::noise(24'000, 1));
  ASSERT_TRUE(read_until(client, "input_audio_buffer.speech_started"));
  std::thread drainer([this] { server->drain(std::chrono::seconds(test::kPatienceSeconds)); });
  while (test::http(port(), "GET", "/readyz").status == 200) continue;
  append(test::noise(12'000, 1));
  append(test::silence(24'000));
  std::string heard;
  WebSocketClient::Received received = client.receive();
  for (; received.kind == Kind::text; received = client.receive()) {
    const json::object event = event_of(received);
    if (const auto* transcript = event.if_contains("transcript")) heard = transcript->as_string();
  }
  drainer.join();
  EXPECT_EQ(received.code, 1001);
  EXPECT_EQ(heard, "heard 1.7 seconds");
}

TEST_F(ServerTest, StoppingCutsWhatIsStillThere) {
  start();
  const WebSocketClient client(port(), kRealtime);
  ASSERT_TRUE(client.is_open());
  server->stop();
  EXPECT_EQ(service->sessions(), 0U);
}

}  // namespace
}  // namespace parley::server
