// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp/byte_connection.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/transport/listener_fixture.h"

namespace parley::transport {
namespace {

using test::Socket;

/// Echoes, until it hears an end.
class Sink final : public EchoSink {
 public:
  using EchoSink::EchoSink;
  Flow on_binary(std::span<const std::byte> bytes) override {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.starts_with("wait")) {
      connection_->resume();
      return Flow::wait;
    }
    if (text.starts_with("flood")) {
      const auto much = std::make_shared<const std::string>(1U << 20U, 'a');
      while (connection_->send_binary(much) != SendResult::closed) {
      }
      return Flow::more;
    }
    const Flow flow = EchoSink::on_binary(bytes);
    if (text.ends_with("end")) connection_->close(close_code::kNormal, "as asked");
    return flow;
  }
  Flow on_resume() override {
    connection_->send_text(std::make_shared<const std::string>("resumed"));
    return Flow::more;
  }
};

class ByteConnection : public ListenerFixture {
 protected:
  ByteConnection() { options.is_plain_bytes = true; }
  std::unique_ptr<ConnectionSink> on_bytes(const std::string& remote) override {
    EXPECT_TRUE(remote.starts_with("127.0.0.1:"));
    if (refuses) return nullptr;
    return std::make_unique<Sink>(events);
  }

  bool refuses = false;
};

TEST_F(ByteConnection, BytesAreWhatIsSent) {
  start();
  Socket socket(port());
  socket.send("GET / HTTP/1.1\r\n\r\n");  // means nothing here
  EXPECT_EQ(socket.receive_exactly(18), "GET / HTTP/1.1\r\n\r\n");
  const std::string much(300'000, 'x');
  socket.send(much);
  EXPECT_EQ(socket.receive_exactly(much.size()), much);
  socket.send("the end");
  EXPECT_EQ(socket.receive_all(), "the end");
  EXPECT_TRUE(events.wait_for("close 1000"));
}

TEST_F(ByteConnection, WhoLeavesIsNoticed) {
  start();
  {
    Socket socket(port());
  }
  EXPECT_TRUE(events.wait_for("close 1000 the peer has left"));
}

TEST_F(ByteConnection, ReadingWaitsAndGoesOn) {
  start();
  Socket socket(port());
  socket.send("wait");
  EXPECT_EQ(socket.receive_exactly(7), "resumed");
  socket.send("again");
  EXPECT_EQ(socket.receive_exactly(5), "again");
}

TEST_F(ByteConnection, WhoDoesNotReadIsCutOff) {
  options.close_timeout = Millis{100};
  start();
  Socket socket(port(), 4096);
  socket.send("flood");
  EXPECT_TRUE(events.wait_for("close"));
}

TEST_F(ByteConnection, SilenceEndsIt) {
  options.idle_timeout = Millis{50};
  start();
  Socket socket(port());
  EXPECT_EQ(socket.receive_all(), "");
  EXPECT_TRUE(events.wait_for("close 1006"));
}

TEST_F(ByteConnection, ARefusedOneIsClosed) {
  refuses = true;
  start();
  Socket socket(port());
  EXPECT_EQ(socket.receive_all(), "");
}

TEST_F(ByteConnection, AStopClosesIt) {
  start();
  Socket socket(port());
  EXPECT_TRUE(events.wait_for("open"));
  listener->stop(Millis{1000});
  EXPECT_TRUE(events.wait_for("close 1001"));
  EXPECT_EQ(socket.receive_all(), "");
}

}  // namespace
}  // namespace parley::transport
