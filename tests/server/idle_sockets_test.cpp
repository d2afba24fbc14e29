// SPDX-License-Identifier: Apache-2.0
#include "server/idle_sockets.h"

#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace parley::server {
namespace {

class NotedConnection final : public transport::Connection {
 public:
  transport::SendResult send_text(transport::Message) override {
    return transport::SendResult::sent;
  }
  transport::SendResult send_text(std::unique_ptr<transport::MessageSource>) override {
    return transport::SendResult::sent;
  }
  transport::SendResult send_binary(transport::Message) override {
    return transport::SendResult::sent;
  }
  void close(std::uint16_t code, std::string_view) override {
    if (!closed) closed = code;
  }
  void resume() override {}
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] const std::string& remote() const override { return remote_; }

  std::optional<std::uint16_t> closed;

 private:
  const std::string remote_ = "127.0.0.1:1";
};

struct IdleSocketsTest : testing::Test {
  IdleSockets all;
  std::shared_ptr<NotedConnection> connection = std::make_shared<NotedConnection>();
};

TEST_F(IdleSocketsTest, ADrainClosesWhoDoesNothing) {
  const auto place = all.add(connection);
  {
    const IdleSockets::Work work(place);
  }
  EXPECT_FALSE(connection->closed) << "nobody drains";
  all.drain();
  EXPECT_EQ(connection->closed, transport::close_code::kGoingAway);
}

TEST_F(IdleSocketsTest, WhatRunsMayEndFirst) {
  const auto place = all.add(connection);
  auto first = std::make_unique<IdleSockets::Work>(place);
  auto second = std::make_unique<IdleSockets::Work>(place);
  all.drain();
  first.reset();
  EXPECT_FALSE(connection->closed);
  second.reset();
  EXPECT_EQ(connection->closed, transport::close_code::kGoingAway);
}

TEST_F(IdleSocketsTest, WhoComesLaterIsClosed) {
  all.drain();
  const auto place = all.add(connection);
  EXPECT_EQ(connection->closed, transport::close_code::kGoingAway);
}

TEST_F(IdleSocketsTest, WhatRunsMayOutliveItsSocketAndAll) {
  auto sockets = std::make_unique<IdleSockets>();
  auto place = sockets->add(connection);
  auto work = std::make_unique<IdleSockets::Work>(place);
  place.reset();
  sockets->drain();
  sockets.reset();
  work.reset();
  EXPECT_EQ(connection->closed, transport::close_code::kGoingAway);
}

}  // namespace
}  // namespace parley::server
