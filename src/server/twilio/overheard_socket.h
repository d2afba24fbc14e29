// SPDX-License-Identifier: Apache-2.0
//
// One socket of `/twilio/listen`: a call's frames become typed messages, and nothing is ever sent
// back. Its call goes on after it, until the last words have been told. Threads: the connection's
// I/O loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "service/twilio/overheard_calls.h"
#include "transport/connection.h"

namespace parley::server {

class OverheardSocket final : public transport::ConnectionSink {
 public:
  /// `calls` outlives it.
  OverheardSocket(service::OverheardCalls& calls, service::OverheardRequest request)
      : calls_(calls), request_(std::move(request)) {}

  void on_open(std::shared_ptr<transport::Connection> connection) override;
  transport::Flow on_text(std::string_view text) override;
  transport::Flow on_binary(std::span<const std::byte> bytes) override;
  transport::Flow on_resume() override;
  void on_close(std::uint16_t code, std::string_view reason) override;

 private:
  transport::Flow push(protocol::CallMessage message);

  service::OverheardCalls& calls_;
  service::OverheardRequest request_;             // until it is open
  std::shared_ptr<service::OverheardCall> call_;  // shared with `calls_`
  std::optional<protocol::CallMessage> waiting_;  // refused as `full`, offered again on resume
};

}  // namespace parley::server
