// SPDX-License-Identifier: Apache-2.0
#include "transport/lines/line_socket.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace parley::transport {
namespace {

using ::testing::ElementsAre;

class Noted final : public LineListener {
 public:
  void on_line(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(line);
    changed_.notify_all();
  }
  void on_end(const Error& why) override {
    const std::lock_guard lock(mutex_);
    end_ = why;
    changed_.notify_all();
  }
  std::vector<std::string> lines(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return lines_.size() >= count; });
    return lines_;
  }
  std::string end() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return end_.has_value(); });
    return end_->message;
  }
  bool has_ended() {
    const std::lock_guard lock(mutex_);
    return end_.has_value();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::optional<Error> end_;
};

struct LineSocketTest : ::testing::Test {
  LineSocketTest() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    peer = pair[0];
    auto adopted = LineSocket::adopt(pair[1], 100, noted);
    EXPECT_TRUE(adopted);
    socket = std::move(*adopted);
  }
  ~LineSocketTest() override { hang_up(); }
  void hang_up() {
    if (peer >= 0) ::close(peer);
    peer = -1;
  }
  void send(const std::string& bytes) const {
    EXPECT_EQ(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  [[nodiscard]] std::string receive(std::size_t count) const {
    std::string bytes(count, '\0');
    EXPECT_EQ(::recv(peer, bytes.data(), count, MSG_WAITALL), static_cast<ssize_t>(count));
    return bytes;
  }

  int peer = -1;
  Noted noted;
  std::unique_ptr<LineSocket> socket;
};

TEST_F(LineSocketTest, LinesComeWholeHoweverTheyAreCut) {
  send("one\ntw");
  EXPECT_THAT(noted.lines(1), ElementsAre("one"));
  send("o\n\nthree\n");
  EXPECT_THAT(noted.lines(4), ElementsAre("one", "two", "", "three"));
}

TEST_F(LineSocketTest, LinesAreWrittenOneByOne) {
  EXPECT_TRUE(socket->write("hello"));
  EXPECT_TRUE(socket->write("there"));
  EXPECT_EQ(receive(12), "hello\nthere\n");
}

TEST_F(LineSocketTest, ThePeersEndIsTold) {
  send("last\nbut one");
  hang_up();
  EXPECT_EQ(noted.end(), "the other end has closed");
  EXPECT_THAT(noted.lines(1), ElementsAre("last"));
  EXPECT_FALSE(socket->write("too late"));
}

TEST_F(LineSocketTest, ALineThatIsTooLongIsTheEnd) {
  send("fine\n" + std::string(101, 'x'));
  EXPECT_EQ(noted.end(), "a line is longer than 100 bytes");
  EXPECT_FALSE(socket->write("hello"));
}

TEST_F(LineSocketTest, ATooLongLineWithItsEndIsTheEndToo) {
  send(std::string(101, 'x') + "\nfine\n");
  EXPECT_EQ(noted.end(), "a line is longer than 100 bytes");
  EXPECT_TRUE(noted.lines(0).empty());
}

TEST_F(LineSocketTest, WhoWaitsForAPeerThatDoesNotReadIsLetGo) {
  std::future<Status> written =
      std::async(std::launch::async, [&] { return socket->write(std::string(64U << 20U, 'x')); });
  EXPECT_EQ(receive(1), "x") << "it has begun";
  socket->close();
  EXPECT_FALSE(written.get());
  socket.reset();
  EXPECT_FALSE(noted.has_ended()) << "it was our own doing";
}

TEST(LineSocket, WhatIsNoSocketIsRefused) {
  Noted noted;
  const int file = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const auto adopted = LineSocket::adopt(file, 100, noted);
  ASSERT_FALSE(adopted);
  EXPECT_EQ(adopted.error().code, ErrorCode::invalid_argument);
  ::close(file);
}

}  // namespace
}  // namespace parley::transport
