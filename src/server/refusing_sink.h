// SPDX-License-Identifier: Apache-2.0
//
// A socket that may not come in: it is told why, in the words of its protocol, and closed. (A
// refused upgrade would tell browsers and many clients nothing.)
//
// Threads: the connection's I/O loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "transport/connection.h"

namespace parley::server {

/// Says why, and hears nothing.
class RefusingSink final : public transport::ConnectionSink {
 public:
  /// `message`: a text frame; empty: none. `reason` goes into the log and the close frame.
  RefusingSink(std::string message, std::uint16_t close_code, std::string reason)
      : message_(std::move(message)), close_code_(close_code), reason_(std::move(reason)) {}
  void on_open(std::shared_ptr<transport::Connection> connection) override {
    log::warn("a socket was refused", {{"reason", reason_}, {"remote", connection->remote()}});
    if (!message_.empty()) connection->send_text(std::make_shared<const std::string>(message_));
    connection->close(close_code_, reason_);
  }
  transport::Flow on_text(std::string_view) override { return transport::Flow::more; }
  transport::Flow on_binary(std::span<const std::byte>) override { return transport::Flow::more; }
  void on_close(std::uint16_t, std::string_view) override {}

 private:
  const std::string message_;
  const std::uint16_t close_code_;
  const std::string reason_;
};

}  // namespace parley::server
