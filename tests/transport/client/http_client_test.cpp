// SPDX-License-Identifier: Apache-2.0
#include "transport/client/http_client.h"

#include <future>

#include <gtest/gtest.h>

#include "tests/support/scripted_endpoint.h"
#include "transport/client/http_post.h"

namespace parley::transport {
namespace {

using testing_support::Peer;
using testing_support::ScriptedEndpoint;

class Recorder final : public HttpListener {
 public:
  void on_head(int code, std::string_view content_type) override {
    status = code;
    type = content_type;
  }
  bool on_body(std::string_view bytes) override {
    body += bytes;
    if (body.size() >= some_at) some.set_value(), some_at = std::string::npos;
    return goes_on;
  }
  void on_end(Status status_at_end) override { ended.set_value(std::move(status_at_end)); }

  int status = 0;
  std::string type;
  std::string body;
  bool goes_on = true;
  std::size_t some_at = std::string::npos;
  std::promise<void> some;
  std::promise<Status> ended;
};

ClientRequest request_to(const ScriptedEndpoint& endpoint, std::string body = "{}") {
  ClientRequest request{.url = *parse_http_url(endpoint.url() + "/v1/x")};
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  return request;
}

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

TEST(HttpClient, ReadsAnAnswerInChunks) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    const std::string request = peer.read_request();
    EXPECT_TRUE(request.starts_with("POST /v1/x HTTP/1.1\r\n")) << request;
    EXPECT_TRUE(request.ends_with("\r\n\r\nhello")) << request;
    peer.send(std::string(kOk) + "Transfer-Encoding: chunked\r\n\r\n");
    peer.send_chunk("one ");
    peer.send_chunk("two");
    peer.send("0\r\n\r\n");
    peer.wait_until_closed();
  });
  HttpClient client({});
  auto recorder = std::make_shared<Recorder>();
  client.start(request_to(endpoint, "hello"), recorder);
  const Status ended = recorder->ended.get_future().get();
  EXPECT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(recorder->status, 200);
  EXPECT_EQ(recorder->type, "text/plain");
  EXPECT_EQ(recorder->body, "one two");
}

TEST(HttpPost, GivesTheWholeAnswerOrTheFailure) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      EXPECT_TRUE(request.find("\r\nX-Test: 1\r\n") != std::string::npos) << request;
      if (request.ends_with("hang")) return peer.wait_until_closed();
      const std::size_t length = request.ends_with("long") ? kPostAnswerBytesMax + 1 : 2;
      peer.send("HTTP/1.1 201 Created\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
                std::string(length, 'o'));
    }
  });
  HttpClient client({});
  const auto ask = [&](std::string body) {
    std::promise<Result<HttpAnswer>> answer;
    const Millis timeout(body == "hang" ? 20 : 60'000);
    http_post(client,
              {.url = *parse_http_url(endpoint.url()),
               .headers = {{"X-Test", "1"}},
               .body = std::move(body),
               .timeout = timeout},
              [&](Result<HttpAnswer> got) { answer.set_value(std::move(got)); });
    return answer.get_future().get();
  };
  const auto answer = ask("hello");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "oo");
  EXPECT_EQ(ask("long").error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(ask("hang").error().code, ErrorCode::deadline_exceeded);
}

TEST(HttpClient, UsesAConnectionAgain) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    while (!peer.read_request().empty())
      peer.send(std::string(kOk) + "Content-Length: 2\r\n\r\nok");
  });
  HttpClient client({});
  for (int i = 0; i < 3; ++i) {
    auto recorder = std::make_shared<Recorder>();
    client.start(request_to(endpoint), recorder);
    EXPECT_TRUE(recorder->ended.get_future().get());
    EXPECT_EQ(recorder->body, "ok");
  }
  EXPECT_EQ(endpoint.connections(), 1);
}

TEST(HttpClient, ReplacesAStaleConnectionOnce) {
  // The first connection answers once and hangs up when it sees the second request.
  ScriptedEndpoint endpoint([](Peer& peer) {
    for (int i = 0; !peer.read_request().empty(); ++i) {
      if (peer.number() == 0 && i == 1) return;
      peer.send(std::string(kOk) + "Content-Length: 2\r\n\r\nok");
    }
  });
  HttpClient client({});
  for (int i = 0; i < 2; ++i) {
    auto recorder = std::make_shared<Recorder>();
    client.start(request_to(endpoint), recorder);
    EXPECT_TRUE(recorder->ended.get_future().get()) << i;
  }
  EXPECT_EQ(endpoint.connections(), 2);
}

TEST(HttpClient, ConnectsAhead) {
  std::promise<void> connected;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    connected.set_value();
    if (!peer.read_request().empty()) peer.send(std::string(kOk) + "Content-Length: 0\r\n\r\n");
  });
  HttpClient client({});
  client.connect_ahead(*parse_http_url(endpoint.url()));
  connected.get_future().get();
}

TEST(HttpClient, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    port = ScriptedEndpoint([](Peer&) {}).port();
  }
  HttpClient client({});
  auto recorder = std::make_shared<Recorder>();
  client.start({.url = *parse_http_url("http://127.0.0.1:" + std::to_string(port))}, recorder);
  const Status ended = recorder->ended.get_future().get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::unavailable);
  EXPECT_NE(ended.error().message.find("127.0.0.1"), std::string::npos);
}

TEST(HttpClient, SaysThatAnAnswerBrokeOff) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.send(std::string(kOk) + "Content-Length: 100\r\n\r\nhalf");
  });
  HttpClient client({});
  auto recorder = std::make_shared<Recorder>();
  client.start(request_to(endpoint), recorder);
  const Status ended = recorder->ended.get_future().get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::unavailable);
  EXPECT_EQ(recorder->body, "half");
  EXPECT_EQ(endpoint.connections(), 1) << "something came back, so it must not be tried again";
}

TEST(HttpClient, SaysThatAnAnswerIsNoHttp) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    peer.wait_until_closed();
  });
  HttpClient client({});
  auto recorder = std::make_shared<Recorder>();
  client.start(request_to(endpoint), recorder);
  const Status ended = recorder->ended.get_future().get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::data_corrupt);
}

TEST(HttpClient, EndsAtASetTimeout) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.wait_until_closed();
  });
  HttpClient client({});
  auto recorder = std::make_shared<Recorder>();
  const auto exchange = client.start(request_to(endpoint), recorder);
  client.post([exchange] { exchange->set_timeout(Millis(1), "too slow"); });
  const Status ended = recorder->ended.get_future().get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::deadline_exceeded);
  EXPECT_NE(ended.error().message.find("too slow"), std::string::npos);
}

TEST(HttpClient, ClosesTheSocketOfAClosedExchange) {
  std::promise<void> closed;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send(std::string(kOk) + "Content-Length: 100\r\n\r\nhalf");
    peer.wait_until_closed();
    closed.set_value();
  });
  HttpClient client({});
  auto recorder = std::make_shared<Recorder>();
  recorder->some_at = 4;
  const auto exchange = client.start(request_to(endpoint), recorder);
  recorder->some.get_future().get();
  client.post([exchange] { exchange->close(); });
  closed.get_future().get();
}

TEST(HttpClient, ReadsNothingMoreUntilItIsResumed) {
  const std::string large(1'000'000, 'x');
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send(std::string(kOk) + "Content-Length: 1000000\r\n\r\n" + large);
    peer.wait_until_closed();
  });
  HttpClient client({});
  auto recorder = std::make_shared<Recorder>();
  recorder->goes_on = false;
  recorder->some_at = 1;
  const auto exchange = client.start(request_to(endpoint), recorder);
  recorder->some.get_future().get();
  client.post([exchange, recorder] {
    EXPECT_LT(recorder->body.size(), 100'000U);
    recorder->goes_on = true;
    exchange->resume();
  });
  EXPECT_TRUE(recorder->ended.get_future().get());
  EXPECT_EQ(recorder->body.size(), large.size());
}

TEST(HttpClient, CanGoAwayInTheMiddleOfEverything) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.wait_until_closed();
  });
  auto recorder = std::make_shared<Recorder>();
  {
    HttpClient client({});
    for (int i = 0; i < 10; ++i) client.start(request_to(endpoint), recorder);
    client.connect_ahead(*parse_http_url(endpoint.url()));
  }
}

}  // namespace
}  // namespace parley::transport
