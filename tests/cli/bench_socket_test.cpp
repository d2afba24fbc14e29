// SPDX-License-Identifier: Apache-2.0
//
// The load client's WebSocket against servers that misbehave; a good one is in bench_talk_test.cpp.
#include "cli/bench_socket.h"

#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace parley::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kUpgrade =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

class BenchSocketTest : public ::testing::Test {
 protected:
  BenchSocketTest() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_, 1);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    target.port = ntohs(address.sin_port);
  }
  ~BenchSocketTest() override {
    if (peer_ >= 0) ::close(peer_);
    ::close(listener_);
  }

  /// Connects, and answers the request with `answer`.
  Status upgrade(std::string_view answer) {
    auto connected = BenchSocket::connect(target, 1);
    if (!connected) return connected.error();
    socket = std::make_unique<BenchSocket>(std::move(*connected));
    peer_ = ::accept(listener_, nullptr, nullptr);
    PARLEY_TRY_STATUS(advance(POLLOUT));
    request = receive();
    return answer.empty() ? Status() : give(answer);
  }
  /// The server sends `bytes`, and the client takes them.
  Status give(std::string_view bytes) {
    ::send(peer_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return advance(POLLIN);
  }
  Status advance(short events) {
    pollfd entry{.fd = socket->descriptor(), .events = events, .revents = 0};
    ::poll(&entry, 1, 20'000);
    return socket->advance(messages);
  }
  std::string receive() {
    std::string bytes(65'536, '\0');
    const ssize_t got = ::recv(peer_, bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  void hang_up() { ::close(std::exchange(peer_, -1)); }

  BenchTarget target;
  std::unique_ptr<BenchSocket> socket;
  std::string request;
  std::vector<std::string> messages;

 private:
  int listener_;
  int peer_ = -1;
};

TEST_F(BenchSocketTest, ShakesHandsWithAKey) {
  target.key = "secret";
  ASSERT_TRUE(upgrade(kUpgrade));
  EXPECT_TRUE(socket->is_open());
  EXPECT_THAT(request, HasSubstr("GET /v1/realtime?model=bench HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Authorization: Bearer secret\r\n"));
}

TEST_F(BenchSocketTest, TextsInPartsAndPings) {
  ASSERT_TRUE(upgrade(std::string(kUpgrade) + "\x81\x02hi"));
  // A ping between the parts of a message, and a frame whose end comes later.
  ASSERT_TRUE(give(std::string("\x01\x02") + "ab" + "\x89\x01p" + "\x80\x01" + "c" + "\x81\x7E"));
  ASSERT_TRUE(give(std::string("\0\x7E", 2) + std::string(126, 'x')));
  EXPECT_THAT(messages, ElementsAre("hi", "abc", std::string(126, 'x')));
  const std::string pong = receive();
  ASSERT_EQ(pong.size(), 7U);
  EXPECT_EQ(static_cast<unsigned char>(pong[0]), 0x8A);
  EXPECT_EQ(pong[6] ^ pong[2], 'p');
}

TEST_F(BenchSocketTest, SendsMaskedTexts) {
  ASSERT_TRUE(upgrade(kUpgrade));
  ASSERT_TRUE(socket->send(std::string(300, 'a')));
  const std::string frame = receive();
  ASSERT_EQ(frame.size(), 308U);
  EXPECT_EQ(static_cast<unsigned char>(frame[0]), 0x81);
  EXPECT_EQ(static_cast<unsigned char>(frame[1]), 0xFE);
  EXPECT_EQ(frame[8] ^ frame[4], 'a');
  EXPECT_EQ(frame[307] ^ frame[4 + 299 % 4], 'a');
}

TEST_F(BenchSocketTest, SaysWhyItIsNotOpen) {
  const Status refused = upgrade("HTTP/1.1 401 Unauthorized\r\n\r\nThis needs a key");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("401 Unauthorized This needs a key"));
  const Status wrong = upgrade("HTTP/1.1 101 Fine\r\nSec-WebSocket-Accept: no\r\n\r\n");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::data_corrupt);
  target.host = "example.invalid";
  EXPECT_EQ(upgrade("").error().code, ErrorCode::invalid_argument);
}

TEST_F(BenchSocketTest, ACloseTellsItsReason) {
  ASSERT_TRUE(upgrade(kUpgrade));
  const Status closed = give(std::string("\x81\x01m\x88\x05\x03\xE8", 7) + "bye");
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().message, HasSubstr("bye"));
  EXPECT_THAT(messages, ElementsAre("m"));
}

TEST_F(BenchSocketTest, WhatIsNoWebSocketIsRefused) {
  ASSERT_TRUE(upgrade(kUpgrade));
  EXPECT_EQ(give("\x82\x01x").error().code, ErrorCode::data_corrupt) << "binary";
  ASSERT_TRUE(upgrade(kUpgrade));
  EXPECT_EQ(give("\x81\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF").error().code, ErrorCode::data_corrupt);
  ASSERT_TRUE(upgrade(kUpgrade));
  hang_up();
  EXPECT_EQ(advance(POLLIN).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace parley::cli
