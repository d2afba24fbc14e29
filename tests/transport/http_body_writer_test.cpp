// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <thread>

#include "tests/transport/listener_fixture.h"

namespace parley::transport {
namespace {

using test::HttpResult;
using test::Socket;

constexpr std::string_view kRequest = "GET /body HTTP/1.1\r\nHost: x\r\n\r\n";

/// The next chunk; "" at the last one; nullopt when the body broke off.
std::optional<std::string> read_chunk(Socket& socket) {
  const auto size = socket.receive_until("\r\n");
  if (!size) return std::nullopt;
  auto text = socket.receive_exactly(std::stoul(*size, nullptr, 16));
  return socket.receive_exactly(2) == "\r\n" ? text : std::nullopt;
}

/// All chunks joined; nullopt when there is no last one.
std::optional<std::string> read_body(Socket& socket) {
  std::string all;
  for (;;) {
    const auto chunk = read_chunk(socket);
    if (!chunk) return std::nullopt;
    if (chunk->empty()) return all;
    all += *chunk;
  }
}

class Body : public ListenerFixture {
 protected:
  std::uint64_t count(const std::string& what) {
    return metrics.counter("parley_http_bodies_" + what + "_total", "").value();
  }
  /// Asks for a body and waits until the test can write it.
  void ask(Socket& socket, std::string_view request = kRequest) {
    socket.send(request);
    ASSERT_TRUE(events.wait_for("body begun", ++asked_));
  }
  /// More than the system takes for a reader that does not read.
  void write_more_than_fits() {
    const Message block = piece(std::string(1'000'000, 'x'));
    for (int i = 0; i < 14; ++i) ASSERT_NE(body->write(block), SendResult::closed);
  }
  /// Writes until the queue holds more than its soft limit; the reader must not read.
  void fill() {
    const Message block = piece(std::string(10'000, 'x'));
    SendResult result = SendResult::sent;
    while (result == SendResult::sent) result = body->write(block);
    ASSERT_EQ(result, SendResult::backpressure);
  }

 private:
  std::ptrdiff_t asked_ = 0;
};

TEST_F(Body, ArrivesAsItIsWrittenAndTheConnectionGoesOn) {
  start();
  Socket socket(port());
  for (int round = 1; round <= 3; ++round) {
    ask(socket);
    EXPECT_EQ(body->write(piece("one")), SendResult::sent);
    const HttpResult head = read_response(socket);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("transfer-encoding"), "chunked");
    EXPECT_EQ(head.header("content-type"), "audio/mpeg");
    EXPECT_EQ(head.header("x-voice"), "joe");
    EXPECT_EQ(head.header("content-length"), "");
    EXPECT_EQ(read_chunk(socket), "one");
    body->write(piece("two"));
    EXPECT_EQ(read_chunk(socket), "two");
    body->finish();
    EXPECT_EQ(read_chunk(socket), "");
    EXPECT_TRUE(events.wait_for("body closed", round));
    EXPECT_EQ(body->write(piece("late")), SendResult::closed);
  }
  socket.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_response(socket).body, "GET /next ");
  EXPECT_EQ(metrics.counter("parley_http_body_bytes_out_total", "").value(), 18U);
  EXPECT_EQ(count("abandoned"), 0U);
}

TEST_F(Body, PiecesThatWaitTogetherAreOneChunk) {
  on_body = [](HttpBody& begun) {
    for (const char* text : {"one", "two", "three"}) begun.write(piece(text));
    begun.finish();
  };
  start();
  Socket socket(port());
  ask(socket);
  read_response(socket);
  EXPECT_EQ(read_chunk(socket), "onetwothree");
  EXPECT_EQ(read_chunk(socket), "");
}

TEST_F(Body, AnEmptyPieceSendsTheHead) {
  start();
  Socket socket(port());
  ask(socket);
  body->write(piece(""));
  EXPECT_EQ(read_response(socket).status, 200);
  body->write(piece("x"));
  body->finish();
  EXPECT_EQ(read_body(socket), "x");
}

TEST_F(Body, CanBeEmpty) {
  start();
  Socket socket(port());
  ask(socket);
  body->finish();
  EXPECT_EQ(read_response(socket).status, 200);
  EXPECT_EQ(read_body(socket), "");
}

TEST_F(Body, OfHttp10EndsWithTheConnection) {
  start();
  Socket socket(port());
  ask(socket, "GET /body HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  body->write(piece("one"));
  const HttpResult head = read_response(socket);
  EXPECT_EQ(head.header("transfer-encoding"), "");
  EXPECT_EQ(head.header("connection"), "close");
  body->write(piece("two"));
  body->finish();
  EXPECT_EQ(socket.receive_all(), "onetwo");
}

TEST_F(Body, EndsTheConnectionWhenAskedTo) {
  start();
  Socket socket(port());
  ask(socket, "GET /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  body->write(piece("one"));
  body->finish();
  EXPECT_EQ(read_response(socket).header("connection"), "close");
  EXPECT_EQ(read_body(socket), "one");
  EXPECT_EQ(socket.receive_all(), "");
}

TEST_F(Body, OfHeadIsClosedAtOnce) {
  start();
  Socket socket(port());
  ask(socket, "HEAD /body HTTP/1.1\r\nHost: x\r\n\r\n");
  const HttpResult head = read_response(socket, true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("transfer-encoding"), "chunked");
  ASSERT_TRUE(events.wait_for("body closed"));
  EXPECT_EQ(body->write(piece("x")), SendResult::closed);
  socket.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_response(socket).body, "GET /next ");
}

TEST_F(Body, AReaderWhoLeavesIsNoticedThoughNothingIsWritten) {
  start();
  std::optional<Socket> socket(port());
  ask(*socket);
  socket.reset();
  EXPECT_TRUE(events.wait_for("body closed"));
  EXPECT_EQ(body->write(piece("x")), SendResult::closed);
  EXPECT_FALSE(body->refuse({.status = 500}));
  EXPECT_EQ(count("abandoned"), 1U);
  while (listener->connections() > 0) std::this_thread::yield();
}

TEST_F(Body, AReaderWhoLeavesWhileMuchWaitsIsNoticed) {
  start();
  std::optional<Socket> socket(std::in_place, port(), 4096);
  ask(*socket);
  write_more_than_fits();
  socket.reset();
  EXPECT_TRUE(events.wait_for("body closed"));
  EXPECT_EQ(body->queued_bytes(), 0U);
}

TEST_F(Body, RequestsThatCameMeanwhileAreServedNext) {
  start();
  Socket socket(port());
  ask(socket, std::string(kRequest) + "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HT");
  body->write(piece("one"));
  read_response(socket);
  EXPECT_EQ(read_chunk(socket), "one");
  socket.send("TP/1.1\r\nHost: x\r\n\r\n");
  body->write(piece("two"));
  EXPECT_EQ(read_chunk(socket), "two");
  body->finish();
  EXPECT_EQ(read_chunk(socket), "");
  EXPECT_EQ(read_response(socket).body, "GET /1 ");
  EXPECT_EQ(read_response(socket).body, "GET /2 ");
}

TEST_F(Body, MuchThatCameMeanwhileWaitsItsTurn) {
  start();
  Socket socket(port());
  ask(socket);
  // More than is read ahead.
  const std::string post = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
  socket.send(post + std::string(100'000, 'y'));
  body->write(piece("one"));
  body->finish();
  read_response(socket);
  EXPECT_EQ(read_body(socket), "one");
  EXPECT_EQ(read_response(socket).body, "POST /x " + std::string(100'000, 'y'));
}

TEST_F(Body, TellsAWriterToHoldBackAndWhenToGoOn) {
  options.queue_bytes_soft = 100'000;
  start();
  Socket socket(port(), 4096);
  ask(socket);
  fill();
  EXPECT_GT(body->queued_bytes(), options.queue_bytes_soft);
  read_response(socket);
  std::size_t taken = 0;
  std::thread reader([&] {
    for (auto chunk = read_chunk(socket); chunk && !chunk->empty(); chunk = read_chunk(socket)) {
      taken += chunk->size();
    }
  });
  EXPECT_TRUE(events.wait_for("writable"));
  EXPECT_LE(body->queued_bytes(), options.queue_bytes_soft / 2);
  body->finish();
  reader.join();
  EXPECT_EQ(taken, metrics.counter("parley_http_body_bytes_out_total", "").value());
}

TEST_F(Body, MoreThanTheHardLimitCutsTheConnection) {
  options.queue_bytes_soft = 50'000;
  options.queue_bytes_hard = 100'000;
  start();
  Socket socket(port(), 4096);
  ask(socket);
  fill();
  const Message block = piece(std::string(10'000, 'x'));
  while (body->write(block) != SendResult::closed) {
  }
  EXPECT_TRUE(events.wait_for("body closed"));
  EXPECT_EQ(count("overflowed"), 1U);
  EXPECT_EQ(body->queued_bytes(), 0U);
  read_response(socket);
  EXPECT_EQ(read_body(socket), std::nullopt);
}

TEST_F(Body, AReaderWhoStopsIsCut) {
  options.write_timeout = Millis(30);
  start();
  Socket socket(port(), 4096);
  ask(socket);
  write_more_than_fits();
  EXPECT_TRUE(events.wait_for("body closed"));
  EXPECT_EQ(count("stalled"), 1U);
  EXPECT_EQ(count("abandoned"), 0U);
  EXPECT_EQ(test::http(port(), "GET", "/").status, 200) << "others are not disturbed";
}

TEST_F(Body, AbortedIsSeenToBeBroken) {
  start();
  Socket socket(port());
  ask(socket);
  body->write(piece("one"));
  read_response(socket);
  EXPECT_EQ(read_chunk(socket), "one");
  body->abort();
  EXPECT_EQ(read_chunk(socket), std::nullopt);
  EXPECT_TRUE(events.wait_for("body closed"));

  Socket old(port());
  ask(old, "GET /body HTTP/1.0\r\n\r\n");
  body->write(piece("one"));
  read_response(old);
  EXPECT_EQ(old.receive_exactly(3), "one");
  body->abort();
  errno = 0;
  EXPECT_EQ(old.receive(1), "");
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(Body, ThatNobodyCanFinishAnyMoreIsAborted) {
  start();
  Socket socket(port());
  ask(socket);
  body->write(piece(""));
  body.reset();
  read_response(socket);
  EXPECT_EQ(read_body(socket), std::nullopt);

  Socket next(port());
  ask(next);
  body->write(piece("whole"));
  body->finish();
  body.reset();
  read_response(next);
  EXPECT_EQ(read_body(next), "whole");
}

TEST_F(Body, CanBeRefusedAsLongAsNothingWasWritten) {
  start();
  Socket socket(port());
  ask(socket);
  EXPECT_TRUE(body->refuse({.status = 503, .body = "no voice"}));
  const HttpResult result = read_response(socket);
  EXPECT_EQ(result.status, 503);
  EXPECT_EQ(result.body, "no voice");
  EXPECT_TRUE(events.wait_for("body closed"));
  ask(socket);
  body->write(piece("x"));
  EXPECT_FALSE(body->refuse({.status = 503}));
  body->finish();
  EXPECT_EQ(read_response(socket).status, 200);
  EXPECT_EQ(read_body(socket), "x");
}

TEST_F(Body, LargeOnesArriveWhole) {
  start();
  Socket socket(port());
  ask(socket);
  std::string sent;
  std::thread writer([&] {
    for (std::size_t i = 0; i < 2000; ++i) {
      const std::string text(i * 7919 % 5000, static_cast<char>('a' + i % 26));
      sent += text;
      EXPECT_NE(body->write(piece(text)), SendResult::closed);
    }
    body->finish();
  });
  read_response(socket);
  const auto received = read_body(socket);
  writer.join();
  EXPECT_TRUE(received == sent);
}

TEST_F(Body, MayFinishWithinTheGraceOfAStop) {
  start();
  Socket socket(port());
  ask(socket);
  body->write(piece("one"));
  read_response(socket);
  EXPECT_EQ(read_chunk(socket), "one");
  const std::uint16_t where = port();
  std::thread stopper([&] { listener->stop(std::chrono::seconds(test::kPatienceSeconds)); });
  while (Socket(where).is_connected()) std::this_thread::yield();
  EXPECT_EQ(body->write(piece("two")), SendResult::sent);
  body->finish();
  EXPECT_EQ(read_body(socket), "two");
  EXPECT_EQ(socket.receive_all(), "") << "and the connection ends";
  socket.finish_sending();
  {
    const Socket end = std::move(socket);
  }
  stopper.join();
}

TEST_F(Body, IsCutWhenTheGraceIsOverAndOutlivesItsSocket) {
  start();
  Socket socket(port());
  ask(socket);
  body->write(piece("one"));
  listener->stop(Millis(0));
  EXPECT_TRUE(events.wait_for("body closed"));
  listener.reset();
  EXPECT_EQ(body->write(piece("two")), SendResult::closed);
  body->finish();
  body->abort();
}

TEST_F(Body, ThatIsBegunAfterTheEndIsClosed) {
  start();
  Socket socket(port());
  socket.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(events.wait_for("later"));
  listener.reset();
  const auto begun = later.front().stream({}, std::make_unique<EventBodySink>(events));
  ASSERT_NE(begun, nullptr);
  EXPECT_EQ(begun->write(piece("x")), SendResult::closed);
  EXPECT_FALSE(begun->refuse({.status = 500}));
}

}  // namespace
}  // namespace parley::transport
