// SPDX-License-Identifier: Apache-2.0
#include "tests/transport/listener_fixture.h"

namespace parley::transport {
namespace {

using test::HttpResult;
using test::Socket;

class Http : public ListenerFixture {};

TEST_F(Http, AnswersARequest) {
  start();
  const HttpResult result = test::http(port(), "POST", "/a%20b?c=d", {{"X-Echo", "me"}}, "body");
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.body, "POST /a b body");
  EXPECT_EQ(result.header("x-echo"), "me");
  EXPECT_EQ(result.header("content-type"), "text/plain");
  EXPECT_FALSE(result.header("date").empty());
}

TEST_F(Http, EveryAnswerHasTheIdOfItsRequest) {
  start();
  EXPECT_EQ(test::http(port(), "GET", "/a", {{"X-Request-Id", "trace-7"}}).header("x-request-id"),
            "trace-7");
  const std::string made =
      test::http(port(), "GET", "/a", {{"X-Request-Id", "no id"}}).header("x-request-id");
  EXPECT_TRUE(made.starts_with("req_")) << made;
  EXPECT_NE(test::http(port(), "GET", "/early").header("x-request-id"), "");
  on_body = [](HttpBody& begun) { begun.finish(); };
  Socket socket(port());
  socket.send("GET /body HTTP/1.1\r\nHost: x\r\nX-Request-Id: trace-8\r\n\r\n");
  EXPECT_TRUE(socket.receive_until("x-request-id: trace-8\r\n"));
}

TEST_F(Http, TheHandlerHearsOnceHowEachRequestEnded) {
  Events ends;
  on_ended = [&](const HttpRequest& request, const HttpOutcome& outcome) {
    EXPECT_GE(outcome.took, Nanos(0));
    ends.add(request.id + " " + std::to_string(outcome.status) +
             (outcome.is_whole ? " whole" : " broken"));
  };
  start();
  test::http(port(), "GET", "/a", {{"X-Request-Id", "1"}});
  EXPECT_TRUE(ends.wait_for("1 200 whole"));
  test::http(port(), "GET", "/early", {{"X-Request-Id", "2"}});
  EXPECT_TRUE(ends.wait_for("2 403 whole"));
  {
    Socket socket(port());
    socket.send("GET /body HTTP/1.1\r\nHost: x\r\nX-Request-Id: 3\r\n\r\n");
    ASSERT_TRUE(events.wait_for("body begun"));
  }
  EXPECT_TRUE(ends.wait_for("3 200 broken"));
  {
    Socket socket(port());
    socket.send("GET /later HTTP/1.1\r\nHost: x\r\nX-Request-Id: 4\r\n\r\n");
    ASSERT_TRUE(events.wait_for("later"));
  }
  listener->stop(Millis(0));
  EXPECT_TRUE(ends.wait_for("4 0 broken"));
  listener.reset();  // `ends` goes before the fixture does
}

TEST_F(Http, KeepsTheConnectionForFurtherRequestsAlsoPipelinedOnes) {
  start();
  Socket socket(port());
  socket.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_response(socket).body, "GET /1 ");
  EXPECT_EQ(read_response(socket).body, "GET /2 ");
  socket.send("GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(read_response(socket).body, "GET /3 ");
  EXPECT_EQ(socket.receive_all(), "");
}

TEST_F(Http, HeadHasALengthAndNoBody) {
  start();
  const HttpResult result = test::http(port(), "HEAD", "/x", {{"Connection", "close"}});
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.header("content-length"), "8");
}

TEST_F(Http, AnswersLaterFromAnotherThread) {
  start();
  Socket socket(port());
  socket.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(events.wait_for("later"));
  {
    const std::lock_guard lock(mutex);
    later.front().send({.status = 202, .body = "done"});
  }
  EXPECT_EQ(read_response(socket).status, 202);
}

TEST_F(Http, AReplyThatIsDroppedIsAnInternalError) {
  start();
  EXPECT_EQ(test::http(port(), "GET", "/dropped").status, 500);
}

TEST_F(Http, ARepliedAfterTheEndIsHarmless) {
  start();
  Socket socket(port());
  socket.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(events.wait_for("later"));
  listener.reset();
  later.front().send({.status = 200, .body = "too late"});
}

TEST_F(Http, EarlyAnswersComeBeforeTheBody) {
  start();
  Socket socket(port());
  socket.send("POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_EQ(read_response(socket).status, 403);
  EXPECT_EQ(socket.receive_all(), "");
}

TEST_F(Http, TellsAClientThatWaitsToGoOn) {
  start();
  Socket socket(port());
  socket.send("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(socket.receive_until("\r\n\r\n").value_or("").substr(0, 12), "HTTP/1.1 100");
  socket.send("hi");
  EXPECT_EQ(read_response(socket).body, "POST /x hi");
}

TEST_F(Http, RefusesWhatIsMalformedOrTooLarge) {
  options.body_bytes_max = 1000;
  start();
  const auto status_of = [&](const std::string& bytes) {
    Socket socket(port());
    socket.send(bytes);
    return read_response(socket).status;
  };
  EXPECT_EQ(status_of("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"),
            431);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"), 413);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                      std::string(1001, 'a') + "\r\n0\r\n\r\n"),
            413);
  EXPECT_EQ(test::http(port(), "POST", "/", {}, std::string(1000, 'a')).status, 200);
}

TEST_F(Http, ABodyThatHasRoomMayBeLargerAndGivesItBack) {
  options.body_bytes_max = 1000;
  place = std::make_shared<int>(0);
  start();
  EXPECT_EQ(test::http(port(), "POST", "/large", {}, std::string(4000, 'a')).body.size(), 4012U);
  EXPECT_EQ(test::http(port(), "POST", "/large", {}, std::string(4001, 'a')).status, 413);
  EXPECT_EQ(test::http(port(), "POST", "/full", {}, "a").status, 503);
  EXPECT_EQ(test::http(port(), "POST", "/", {}, std::string(1001, 'a')).status, 413);
  {
    Socket gone(port());
    gone.send("POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab");
  }
  while (listener->connections() > 0) std::this_thread::yield();
  EXPECT_EQ(place.use_count(), 1);
}

TEST_F(Http, SlowHeadersAndBodiesAreCut) {
  options.header_timeout = Millis(30);
  options.body_timeout = Millis(30);
  start();
  Socket slow_header(port());
  slow_header.send("GET / HTT");
  EXPECT_EQ(slow_header.receive_all(), "");
  Socket slow_body(port());
  slow_body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(slow_body.receive_all(), "");
  // A timeout closes the socket first; both have been dealt with when their places are free.
  while (listener->connections() > 0) std::this_thread::yield();
  EXPECT_EQ(metrics.counter("parley_http_requests_refused_total", "").value(), 2U);
}

TEST_F(Http, ConnectionsBeyondTheLimitAreRefusedAndPlacesComeBack) {
  options.connections_max = 2;
  start();
  std::optional<Socket> first(port());
  first->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_response(*first).status, 200);
  Socket second(port());
  second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_response(second).status, 200);
  Socket third(port());
  EXPECT_EQ(read_response(third).status, 503);
  first.reset();
  // The place is free when the server has seen the end of the first connection.
  while (listener->connections() >= 2) std::this_thread::yield();
  EXPECT_EQ(test::http(port(), "GET", "/").status, 200);
}

TEST_F(Http, OneAddressGetsSoManyConnectionsAndPlacesComeBack) {
  options.connections_per_address_max = 2;
  start();
  std::optional<Socket> first(port());
  first->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_response(*first).status, 200);
  // A place moves along when the connection becomes a WebSocket.
  test::WebSocketClient second(port(), "/ws");
  EXPECT_TRUE(second.is_open());
  Socket third(port());
  EXPECT_EQ(read_response(third).status, 503);
  EXPECT_EQ(metrics.counter("parley_connections_crowded_total", "").value(), 1U);
  first.reset();
  while (listener->connections() >= 2) std::this_thread::yield();
  EXPECT_EQ(test::http(port(), "GET", "/").status, 200);
}

TEST_F(Http, ATakenPortIsAClearError) {
  start();
  options.port = port();
  Metrics other;
  const auto second = Listener::start(options, *this, other);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::already_exists);
  EXPECT_EQ(second.error().message, "port " + std::to_string(port()) + " is taken");
}

TEST_F(Http, AForeignAddressIsAClearError) {
  options.host = "192.0.2.1";  // reserved for documentation: never ours
  const auto listener_there = Listener::start(options, *this, metrics);
  ASSERT_FALSE(listener_there);
  EXPECT_EQ(listener_there.error().code, ErrorCode::invalid_argument);
}

TEST_F(Http, APortCanBeUsedAgainAtOnce) {
  start();
  options.port = port();
  test::http(port(), "GET", "/");
  listener.reset();
  start();
  EXPECT_EQ(test::http(port(), "GET", "/").status, 200);
}

}  // namespace
}  // namespace parley::transport
