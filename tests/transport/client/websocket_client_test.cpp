// SPDX-License-Identifier: Apache-2.0
#include "transport/client/websocket_client.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scripted_endpoint.h"
#include "tests/support/scripted_socket.h"

namespace parley::transport {
namespace {

using testing_support::Peer;
using testing_support::ScriptedEndpoint;
using testing_support::ScriptedSocket;

/// What a talk tells, as text.
class Diary final : public WebSocketListener {
 public:
  std::future<std::string> whole() { return promise_.get_future(); }
  void on_open() override { text_ += "open;"; }
  void on_text(std::string_view text) override { text_ += std::string(text) + ";"; }
  void on_binary(std::string_view bytes) override {
    text_ += std::to_string(bytes.size()) + " bytes;";
  }
  void on_refused(int status, std::string_view body) override {
    text_ += "refused " + std::to_string(status) + " " + std::string(body) + ";";
  }
  void on_closed(std::uint16_t code, std::string_view reason) override {
    text_ += "closed " + std::to_string(code) + " " + std::string(reason) + ";";
  }
  void on_end(Status status) override {
    promise_.set_value(text_ + (status ? "end" : std::string(to_string(status.error().code))));
  }

 private:
  std::string text_;
  std::promise<std::string> promise_;
};

std::string run(const ScriptedEndpoint::Script& script,
                const std::function<void(WebSocketTalk&)>& talk_to = {}) {
  const ScriptedEndpoint endpoint(script);
  WebSocketClient client({});
  const auto diary = std::make_shared<Diary>();
  auto whole = diary->whole();
  const auto url = parse_http_url(endpoint.url() + "/path?a=b");
  const auto talk = client.start({.url = *url, .headers = {{"X-Key", "k"}}}, diary);
  if (talk_to) client.post([talk, talk_to] { talk_to(*talk); });
  return whole.get();
}

TEST(WebSocketClient, TalksBothWays) {
  EXPECT_EQ(run(
                [](Peer& peer) {
                  ScriptedSocket socket(peer);
                  ASSERT_TRUE(socket.open());
                  EXPECT_TRUE(socket.request().starts_with("GET /path?a=b HTTP/1.1\r\n"));
                  EXPECT_THAT(socket.request(), testing::HasSubstr("X-Key: k\r\n"));
                  const auto text = socket.read();
                  ASSERT_TRUE(text && text->is_text);
                  const auto bytes = socket.read();
                  ASSERT_TRUE(bytes && !bytes->is_text);
                  EXPECT_EQ(bytes->bytes, std::string(100'000, 'b'));
                  socket.send_text(text->bytes + "!");
                  socket.send_text(std::string(500, 'c'));
                  socket.send_binary(std::string(300, 'd'));
                  socket.close(1000, "bye");
                },
                [](WebSocketTalk& talk) {
                  EXPECT_TRUE(talk.send_text("hello"));
                  EXPECT_TRUE(talk.send_binary(std::string(100'000, 'b')));
                }),
            "open;hello!;" + std::string(500, 'c') + ";300 bytes;closed 1000 bye;end");
}

/// Tells when it is open.
class Opening final : public WebSocketListener {
 public:
  std::future<void> is_open() { return promise_.get_future(); }
  void on_open() override { promise_.set_value(); }
  void on_text(std::string_view /*text*/) override {}
  void on_end(Status /*status*/) override {}

 private:
  std::promise<void> promise_;
};

TEST(WebSocketClient, LeavesWhenAllIsSent) {
  std::promise<std::size_t> heard;
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    ScriptedSocket socket(peer);
    EXPECT_TRUE(socket.open());
    std::size_t bytes = 0;
    while (const auto frame = socket.read()) bytes += frame->bytes.size();
    heard.set_value(bytes);
  });
  WebSocketClient client({});
  const auto listener = std::make_shared<Opening>();
  auto is_open = listener->is_open();
  const auto talk = client.start({.url = *parse_http_url(endpoint.url())}, listener);
  is_open.get();
  client.post([&] {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(talk->send_binary(std::string(500'000, 'b')));
    talk->leave_after_sending();
  });
  EXPECT_EQ(heard.get_future().get(), 5'000'000U);
}

TEST(WebSocketClient, SaysHowItWasRefused) {
  EXPECT_EQ(run([](Peer& peer) {
              peer.read_request();
              peer.send("HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nlater");
              peer.wait_until_closed();
            }),
            "refused 503 later;end");
  EXPECT_EQ(run([](Peer& peer) {
              peer.read_request();
              peer.send(
                  "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Accept: wrong\r\n\r\n");
              peer.wait_until_closed();
            }),
            "data_corrupt");
  EXPECT_EQ(run([](Peer& peer) { peer.read_request(); }), "unavailable");
}

TEST(WebSocketClient, ALostConnectionIsNoEnd) {
  EXPECT_EQ(run([](Peer& peer) {
              ScriptedSocket socket(peer);
              ASSERT_TRUE(socket.open());
              socket.send_text("a");
            }),
            "open;a;unavailable");
  EXPECT_EQ(run([](Peer& peer) {
              ScriptedSocket socket(peer);
              ASSERT_TRUE(socket.open());
              peer.send(std::string_view("\xF1\0", 2));  // reserved bits
              while (socket.read()) continue;
            }),
            "open;data_corrupt");
}

TEST(WebSocketClient, DoesNotWaitLongerThanItMay) {
  for (const bool opens : {false, true}) {
    const std::string told = run(
        [opens](Peer& peer) {
          ScriptedSocket socket(peer);
          if (opens) {
            ASSERT_TRUE(socket.open());
          }
          peer.wait_until_closed();
        },
        [](WebSocketTalk& talk) { talk.set_timeout(Millis(50), "no answer"); });
    EXPECT_THAT(told, testing::EndsWith("deadline_exceeded"));
  }
}

TEST(WebSocketClient, KeepsNoMoreThanItMayUntilItIsSent) {
  std::promise<std::pair<bool, bool>> sent;
  const ScriptedEndpoint endpoint([](Peer& peer) { peer.wait_until_closed(); });
  WebSocketClient client({.unsent_max = 10});
  const auto talk =
      client.start({.url = *parse_http_url(endpoint.url())}, std::make_shared<Diary>());
  client.post([&] { sent.set_value({talk->send_text("12345678"), talk->send_text("123")}); });
  EXPECT_EQ(sent.get_future().get(), std::pair(true, false));
}

TEST(WebSocketClient, AClosedTalkTellsNothingAndThePeerHears) {
  std::promise<void> opened;
  std::promise<void> closed;
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    ScriptedSocket socket(peer);
    ASSERT_TRUE(socket.open());
    opened.set_value();
    EXPECT_FALSE(socket.read());
    closed.set_value();
  });
  WebSocketClient client({});
  const auto talk =
      client.start({.url = *parse_http_url(endpoint.url())}, std::make_shared<Diary>());
  opened.get_future().get();
  client.post([&talk] { talk->close(); });
  closed.get_future().get();
}

}  // namespace
}  // namespace parley::transport
