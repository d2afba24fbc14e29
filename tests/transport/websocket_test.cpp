// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <thread>

#include "tests/transport/listener_fixture.h"

namespace parley::transport {
namespace {

using test::WebSocketClient;
using Kind = WebSocketClient::Received::Kind;

class WebSocket : public ListenerFixture {};

TEST_F(WebSocket, EchoesTextAndBinary) {
  start();
  WebSocketClient client(port(), "/");
  ASSERT_TRUE(client.is_open());
  EXPECT_EQ(client.answer().header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(client.answer().header("sec-websocket-protocol"), "");
  client.send_text("héllo");
  auto got = client.receive();
  EXPECT_EQ(got.kind, Kind::text);
  EXPECT_EQ(got.data, "héllo");
  client.send_binary({"\0\xFF", 2});
  got = client.receive();
  EXPECT_EQ(got.kind, Kind::binary);
  EXPECT_EQ(got.data, std::string("\0\xFF", 2));
}

TEST_F(WebSocket, AnswersTheSubprotocolThatTheHandlerChose) {
  start();
  const WebSocketClient client(port(), "/", {{"Sec-WebSocket-Protocol", "chat, other"}});
  EXPECT_EQ(client.answer().header("sec-websocket-protocol"), "chat");
}

TEST_F(WebSocket, AnUpgradeCanBeRefused) {
  start();
  const WebSocketClient client(port(), "/no");
  EXPECT_EQ(client.answer().status, 404);
  EXPECT_EQ(client.answer().body, "not here");
  EXPECT_EQ(WebSocketClient(port(), "/early").answer().status, 403);
}

TEST_F(WebSocket, ClosesAsAskedAfterWhatWasSentBefore) {
  start();
  WebSocketClient client(port(), "/");
  client.send_text("last words");
  client.send_text("close 3000");
  EXPECT_EQ(client.receive().data, "last words");
  const auto got = client.receive();
  EXPECT_EQ(got.kind, Kind::close);
  EXPECT_EQ(got.code, 3000);
  EXPECT_EQ(got.data, "as asked");
  EXPECT_TRUE(events.wait_for("close 3000 as asked"));
}

TEST_F(WebSocket, ReportsThePeersClose) {
  start();
  WebSocketClient client(port(), "/");
  client.send_close(1000);
  EXPECT_EQ(client.receive().kind, Kind::close);
  EXPECT_TRUE(events.wait_for("close 1000 "));
}

TEST_F(WebSocket, ReportsABrokenConnection) {
  start();
  {
    const WebSocketClient client(port(), "/");
  }
  EXPECT_TRUE(events.wait_for("close 1006"));
}

TEST_F(WebSocket, TakesThirtyMegabytesAndClosesAboveTheLimitWith1009) {
  start();
  WebSocketClient client(port(), "/");
  client.send_text(std::string(30'000'000, 'a'));
  EXPECT_EQ(client.receive().data, "30000000");
  client.send_text(std::string(32U << 20U, 'a'));
  EXPECT_EQ(client.receive().data, std::to_string(32U << 20U));
  client.send_text(std::string((32U << 20U) + 1, 'a'));
  const auto got = client.receive();
  EXPECT_EQ(got.kind, Kind::close);
  EXPECT_EQ(got.code, 1009);
  EXPECT_TRUE(events.wait_for("close 1009 the message is too large"));
}

TEST_F(WebSocket, BrokenFramesCloseWithProtocolErrors) {
  start();
  WebSocketClient not_utf8(port(), "/");
  not_utf8.send_text("\xFF\xFE");
  EXPECT_EQ(not_utf8.receive().code, 1007);
  WebSocketClient bad_opcode(port(), "/");
  bad_opcode.send_frame(0x5, "x");
  EXPECT_EQ(bad_opcode.receive().code, 1002);
}

TEST_F(WebSocket, APeerThatDoesNotAnswerPingsIsCut) {
  options.ping_interval = Millis(20);
  options.pong_timeout = Millis(50);
  start();
  WebSocketClient client(port(), "/");
  client.answer_pings = false;
  EXPECT_EQ(client.receive().kind, Kind::gone);
  EXPECT_TRUE(events.wait_for("close 1006 no answer to a ping"));
}

/// Sends much more than fits as soon as it is asked to.
class FloodSink : public EchoSink {
 public:
  using EchoSink::EchoSink;
  Flow on_text(std::string_view) override {
    const auto message = std::make_shared<std::string>(100'000, 'x');
    bool was_told = false;
    for (int i = 0; i < 2000; ++i) {
      const SendResult result = connection_->send_text(message);
      if (result == SendResult::backpressure && !std::exchange(was_told, true)) {
        events_.add("backpressure at " + std::to_string(i));
      }
      if (result == SendResult::closed) {
        events_.add("closed");
        return Flow::more;
      }
    }
    return Flow::more;
  }
};

TEST_F(WebSocket, APeerThatDoesNotReadIsToldApartAndClosed) {
  make_sink = [this] { return std::make_unique<FloodSink>(events); };
  options.close_timeout = Millis(50);
  start();
  WebSocketClient client(port(), "/", {}, 4096);
  client.send_text("go");
  EXPECT_TRUE(events.wait_for("closed"));
  EXPECT_TRUE(events.wait_for("close 1013 the client reads too slowly"));
  EXPECT_EQ(metrics.counter("parley_ws_slow_peers_total", "").value(), 1U);
  // The soft limit is 1 MiB: the eleventh message is the first that goes past it.
  EXPECT_TRUE(events.wait_for("backpressure at 10"));
}

/// Sends 2 MB, then says what it hears.
class BurstSink : public EchoSink {
 public:
  using EchoSink::EchoSink;
  void on_open(std::shared_ptr<Connection> connection) override {
    connection->send_text(std::make_shared<std::string>(2'000'000, 'x'));
    EchoSink::on_open(std::move(connection));
  }
};

TEST_F(WebSocket, SaysWhenThereIsRoomAgain) {
  make_sink = [this] { return std::make_unique<BurstSink>(events); };
  start();
  WebSocketClient client(port(), "/");
  EXPECT_EQ(client.receive().data.size(), 2'000'000U);
  EXPECT_TRUE(events.wait_for("writable"));
}

/// Takes one message at a time and waits to be resumed.
class PausingSink : public EchoSink {
 public:
  using EchoSink::EchoSink;
  Flow on_text(std::string_view text) override {
    events_.add(std::string(text));
    connection_->send_text(std::make_shared<std::string>(text));
    return Flow::wait;
  }
  Flow on_resume() override {
    events_.add("resumed");
    return Flow::more;
  }
  void on_open(std::shared_ptr<Connection> connection) override {
    opened = connection;
    EchoSink::on_open(std::move(connection));
  }
  static inline std::shared_ptr<Connection> opened;
};

TEST_F(WebSocket, DoesNotReadWhileTheSinkIsFull) {
  make_sink = [this] { return std::make_unique<PausingSink>(events); };
  options.ping_interval = Millis(10);  // must not cut a peer whom we do not read
  options.pong_timeout = Millis(10);
  start();
  WebSocketClient client(port(), "/");
  client.send_text("1");
  client.send_text("2");
  ASSERT_EQ(client.receive().data, "1");
  EXPECT_EQ(events.all(), (std::vector<std::string>{"open", "1"}));
  std::exchange(PausingSink::opened, nullptr)->resume();
  EXPECT_EQ(client.receive().data, "2");
  EXPECT_EQ(events.all(), (std::vector<std::string>{"open", "1", "resumed", "2"}));
}

/// Writes its text when it is asked, and says on which thread that was.
class LateText : public MessageSource {
 public:
  explicit LateText(Events& events) : events_(events), maker_(std::this_thread::get_id()) {}
  std::string text() override {
    events_.add(std::this_thread::get_id() == maker_ ? "same thread" : "another thread");
    return "late";
  }
  [[nodiscard]] std::size_t bytes_estimate() const override { return 4; }

 private:
  Events& events_;
  const std::thread::id maker_;
};

TEST_F(WebSocket, WritesALateMessageOnTheLoop) {
  make_sink = [this] { return std::make_unique<PausingSink>(events); };
  start();
  WebSocketClient client(port(), "/");
  ASSERT_TRUE(events.wait_for("open"));
  PausingSink::opened->send_text(std::make_unique<LateText>(events));
  std::exchange(PausingSink::opened, nullptr)->send_text(std::make_shared<std::string>("next"));
  EXPECT_EQ(client.receive().data, "late");
  EXPECT_EQ(client.receive().data, "next");
  EXPECT_TRUE(events.wait_for("another thread"));
}

TEST_F(WebSocket, StopClosesEveryConnectionWith1001) {
  start();
  WebSocketClient client(port(), "/");
  ASSERT_TRUE(events.wait_for("open"));
  std::thread stopper([this] { listener->stop(std::chrono::seconds(test::kPatienceSeconds)); });
  const auto got = client.receive();
  stopper.join();
  EXPECT_EQ(got.kind, Kind::close);
  EXPECT_EQ(got.code, 1001);
  EXPECT_EQ(listener->connections(), 0U);
}

TEST_F(WebSocket, StopCutsAPeerThatDoesNotAnswer) {
  start();
  const WebSocketClient client(port(), "/");
  ASSERT_TRUE(events.wait_for("open"));
  listener->stop(Millis(20));
  EXPECT_EQ(listener->connections(), 0U);
}

/// Keeps connections past their end, as a session does that still works.
class KeepingSink : public EchoSink {
 public:
  using EchoSink::EchoSink;
  void on_open(std::shared_ptr<Connection> connection) override {
    kept = connection;
    EchoSink::on_open(std::move(connection));
  }
  static inline std::shared_ptr<Connection> kept;
};

TEST_F(WebSocket, AConnectionMayOutliveItsListener) {
  make_sink = [this] { return std::make_unique<KeepingSink>(events); };
  start();
  const WebSocketClient client(port(), "/");
  ASSERT_TRUE(events.wait_for("open"));
  listener.reset();
  const std::shared_ptr<Connection> kept = std::exchange(KeepingSink::kept, nullptr);
  EXPECT_EQ(kept->send_text(std::make_shared<std::string>("x")), SendResult::closed);
  EXPECT_EQ(kept->queued_bytes(), 0U);
  kept->resume();
  kept->close(1000, "");
}

TEST_F(WebSocket, TwoHundredConnectionsOnTwoLoopsEcho) {
  options.threads = 2;
  start();
  std::deque<WebSocketClient> clients;
  for (int i = 0; i < 200; ++i) {
    clients.emplace_back(port(), "/");
    ASSERT_TRUE(clients.back().is_open()) << i;
  }
  for (int round = 0; round < 5; ++round) {
    int number = 0;
    for (WebSocketClient& client : clients) client.send_text(std::to_string(++number));
    number = 0;
    for (WebSocketClient& client : clients) {
      EXPECT_EQ(client.receive().data, std::to_string(++number));
    }
  }
  EXPECT_EQ(metrics.counter("parley_ws_messages_in_total", "").value(), 1000U);
}

}  // namespace
}  // namespace parley::transport
