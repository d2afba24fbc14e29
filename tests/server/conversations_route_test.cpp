// SPDX-License-Identifier: Apache-2.0
//
// Kept conversations over real sockets: made in sessions, read, resumed and deleted over HTTP.
#include "server/conversations_route.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "server/engine.h"
#include "server/kept_conversations.h"
#include "server/server.h"
#include "tests/store/backends.h"
#include "tests/support/socket_client.h"

namespace parley::server {
namespace {

using test::Headers;
using test::WebSocketClient;
using Kind = WebSocketClient::Received::Kind;
namespace json = boost::json;
using ::testing::HasSubstr;

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

class ConversationsTest : public ::testing::Test {
 protected:
  ConversationsTest() {
    config.server.port = 0;
    config.models.fake = true;
    config.playout.lead_ms = 0;
    config.store.path = folder.file("c.db");
  }
  void TearDown() override { stop(); }

  void start() {
    auto started = Server::start(config, metrics.emplace());
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    auto loaded = Engine::load(config, *metrics, [](std::string_view) {});
    ASSERT_TRUE(loaded);
    engine = std::move(*loaded);
    auto backend = open_store(config, clock);
    ASSERT_TRUE(backend) << backend.error().message;
    const agent::AgentContext context = engine->agent_context();
    auto made = KeptConversations::make(std::move(*backend), config,
                                        {context.timers, context.clock, *metrics});
    ASSERT_TRUE(made) << made.error().message;
    kept = std::move(*made);
    service::RealtimeOptions options = realtime_options(config);
    options.keeping = kept->keeping();
    service = std::make_unique<service::RealtimeService>(context, engine->pool(), options);
    server->serve(*service, engine->buffers(), kept->store());
  }
  void stop() {
    if (server != nullptr) server->stop();
    service.reset();
    kept.reset();
    engine.reset();
    server.reset();
  }
  [[nodiscard]] test::HttpResult http(std::string_view method, std::string_view path,
                                      std::string_view body = {}) const {
    Headers with = headers;
    if (!body.empty()) with.emplace_back("Content-Type", "application/json");
    return test::http(server->port(), method, path, with, body);
  }
  json::object object(std::string_view path) const {
    const test::HttpResult result = http("GET", path);
    EXPECT_EQ(result.status, 200) << result.body;
    return json::parse(result.body).as_object();
  }
  /// The event, which must be the next one of its type.
  static json::object later(WebSocketClient& client, std::string_view type) {
    for (;;) {
      const auto received = client.receive();
      if (received.kind != Kind::text) {
        ADD_FAILURE() << "closed: " << received.data;
        return {};
      }
      json::object event = json::parse(received.data).as_object();
      if (text_of(event.at("type")) == type) return event;
    }
  }
  /// Says it and takes the reply; the id of the conversation.
  std::string talk(const std::string& text, const std::string& conversation = "") {
    WebSocketClient client(
        server->port(),
        "/v1/realtime?model=any" + (conversation.empty() ? "" : "&conversation=" + conversation),
        headers);
    const json::object created = later(client, "session.created");
    if (created.empty()) return "";
    client.send_text(
        R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[)"
        R"({"type":"input_text","text":")" +
        text + R"("}]}})");
    client.send_text(R"({"type":"response.create","response":{"output_modalities":["text"]}})");
    later(client, "response.done");
    return text_of(created.at("conversation_id"));
  }

  const SteadyClock clock;
  test::ScratchFolder folder;
  Config config;
  Headers headers;
  std::optional<Metrics> metrics;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<KeptConversations> kept;
  std::unique_ptr<service::RealtimeService> service;
  std::unique_ptr<Server> server;
};

TEST_F(ConversationsTest, AreReadAndResumedAfterARestart) {
  start();
  const std::string id = talk("hello");
  EXPECT_EQ(id.rfind("conv_", 0), 0U);
  EXPECT_EQ(http("GET", "/healthz").body, "{\"status\":\"ok\"}\n");
  stop();
  start();
  const json::object shown = object("/v1/conversations/" + id);
  EXPECT_EQ(shown.at("object"), "conversation");
  EXPECT_EQ(shown.at("items").as_array().size(), 2U);
  EXPECT_EQ(shown.at("items").at(0).at("content").at(0).at("text"), "hello");
  EXPECT_EQ(shown.at("responses").at(0).at("status"), "completed");
  EXPECT_GT(shown.at("usage").at("total_tokens").as_int64(), 0);
  EXPECT_EQ(talk("again", id), id);
  EXPECT_EQ(http("GET", "/v1/conversations/" + id + "/transcript").body,
            "user: hello\nassistant: hello\nuser: again\nassistant: again\n");
  EXPECT_EQ(http("GET", "/v1/conversations/" + id + "?format=text").body,
            http("GET", "/v1/conversations/" + id + "/transcript").body);
}

TEST_F(ConversationsTest, AreListedNewestFirst) {
  start();
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(talk("hello"));
  json::object page = object("/v1/conversations?limit=2");
  EXPECT_EQ(page.at("object"), "list");
  ASSERT_EQ(page.at("data").as_array().size(), 2U);
  EXPECT_EQ(text_of(page.at("data").at(0).at("id")), ids[2]);
  EXPECT_EQ(page.at("data").at(0).at("item_count"), 2);
  EXPECT_EQ(page.at("has_more"), true);
  EXPECT_EQ(text_of(page.at("last_id")), ids[1]);
  page = object("/v1/conversations?limit=2&after=" + ids[1]);
  ASSERT_EQ(page.at("data").as_array().size(), 1U);
  EXPECT_EQ(text_of(page.at("data").at(0).at("id")), ids[0]);
  EXPECT_EQ(page.at("has_more"), false);
  for (const char* bad : {"?limit=0", "?limit=101", "?limit=x", "?after=conv_x"}) {
    EXPECT_EQ(http("GET", std::string("/v1/conversations") + bad).status, 400) << bad;
  }
}

TEST_F(ConversationsTest, AreDeleted) {
  start();
  const std::string id = talk("hello");
  const test::HttpResult gone = http("DELETE", "/v1/conversations/" + id);
  EXPECT_EQ(gone.status, 200);
  EXPECT_THAT(gone.body, HasSubstr(R"("deleted":true)"));
  EXPECT_EQ(http("DELETE", "/v1/conversations/" + id).status, 404);
  EXPECT_EQ(http("GET", "/v1/conversations/" + id).status, 404);
  EXPECT_TRUE(object("/v1/conversations").at("data").as_array().empty());
  WebSocketClient client(server->port(), "/v1/realtime?model=any&conversation=" + id);
  EXPECT_EQ(later(client, "error").at("error").at("code"), "conversation_not_found");
  EXPECT_EQ(client.receive().code, 4000);
}

TEST_F(ConversationsTest, BeginWithAHistory) {
  start();
  const test::HttpResult made = http("POST", "/v1/conversations", R"({"messages":[
      {"role":"system","content":"You are a pirate."},
      {"role":"user","content":"Where is the treasure?"},
      {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",
        "function":{"name":"dig","arguments":"{}"}}]},
      {"role":"tool","tool_call_id":"call_1","content":"gold"},
      {"role":"assistant","content":"Under the palm."}],"metadata":{"ship":"Argo"}})");
  ASSERT_EQ(made.status, 200) << made.body;
  const json::object conversation = json::parse(made.body).as_object();
  EXPECT_EQ(conversation.at("item_count"), 5);
  const std::string id = text_of(conversation.at("id"));
  EXPECT_EQ(talk("thanks", id), id);
  EXPECT_EQ(object("/v1/conversations/" + id).at("metadata").at("ship"), "Argo");
  EXPECT_EQ(http("GET", "/v1/conversations/" + id + "/transcript").body,
            "system: You are a pirate.\nuser: Where is the treasure?\nassistant calls dig({})\n"
            "result: gold\nassistant: Under the palm.\nuser: thanks\nassistant: thanks\n");
  const test::HttpResult bad = http("POST", "/v1/conversations", R"({"messages":[{"role":"x"}]})");
  EXPECT_EQ(bad.status, 400);
  EXPECT_THAT(bad.body, HasSubstr(R"("param":"messages[0].role")"));
}

TEST_F(ConversationsTest, BelongToTheKeyThatMadeThem) {
  config.server.api_keys = {"alpha", "beta"};
  start();
  EXPECT_EQ(http("GET", "/v1/conversations").status, 401);
  headers = {{"Authorization", "Bearer alpha"}};
  const std::string id = talk("hello");
  EXPECT_EQ(http("GET", "/v1/conversations/" + id).status, 200);
  headers = {{"Authorization", "Bearer beta"}};
  EXPECT_EQ(http("GET", "/v1/conversations/" + id).status, 404);
  EXPECT_EQ(http("DELETE", "/v1/conversations/" + id).status, 404);
  EXPECT_TRUE(object("/v1/conversations").at("data").as_array().empty());
  WebSocketClient thief(server->port(), "/v1/realtime?model=any&conversation=" + id, headers);
  EXPECT_EQ(later(thief, "error").at("error").at("code"), "conversation_not_found");
}

TEST_F(ConversationsTest, AreNotKeptWithoutAPath) {
  config.store.path = "";
  start();
  EXPECT_EQ(http("GET", "/healthz").body, "{\"status\":\"ok\"}\n");
  const test::HttpResult answer = http("GET", "/v1/conversations");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("conversations_not_kept"));
  WebSocketClient client(server->port(), "/v1/realtime?model=any");
  EXPECT_FALSE(later(client, "session.created").contains("conversation_id"));
}

TEST_F(ConversationsTest, RefuseWhatIsNotTheirs) {
  start();
  EXPECT_EQ(http("PUT", "/v1/conversations").status, 405);
  EXPECT_EQ(http("POST", "/v1/conversations/conv_1", "{}").status, 405);
  EXPECT_EQ(http("GET", "/v1/conversations/conv_1/else").status, 404);
  EXPECT_EQ(http("GET", "/v1/conversationsandmore").status, 404);
}

TEST(KeptConversations, FindTheHomeFolder) {
  EXPECT_EQ(expanded_path("/a/b.db").value_or(""), "/a/b.db");
  EXPECT_EQ(expanded_path("a~/b").value_or(""), "a~/b");
  setenv("HOME", "/somewhere", 1);
  EXPECT_EQ(expanded_path("~/b.db").value_or(""), "/somewhere/b.db");
  unsetenv("HOME");
  EXPECT_THAT(expanded_path("~/b.db").error().message, HasSubstr("store.path"));
}

}  // namespace
}  // namespace parley::server
