// SPDX-License-Identifier: Apache-2.0
//
// One socket of `/twilio/media`: where a call's frames become typed messages, and ours become
// frames again (protocol/twilio). Threads: the connection's I/O loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/session_gate.h"
#include "server/speech/socket_admission.h"
#include "service/twilio/call_service.h"
#include "transport/connection.h"

namespace parley::server {

class TwilioSocket final : public transport::ConnectionSink {
 public:
  /// `service` and `gate` outlive it.
  /// `owner`: whose enrolled speakers are known.
  TwilioSocket(service::CallService& service, SessionGate& gate, SocketAdmission admission,
               std::string owner);

  void on_open(std::shared_ptr<transport::Connection> connection) override;
  transport::Flow on_text(std::string_view text) override;
  transport::Flow on_binary(std::span<const std::byte> bytes) override;
  transport::Flow on_resume() override;
  void on_close(std::uint16_t code, std::string_view reason) override;

 private:
  transport::Flow push(protocol::CallMessage message);

  const SessionGate::Pass pass_;  // first: given back when the session is gone
  service::CallService& service_;
  const SocketAdmission admission_;
  const std::string owner_;
  // Shared with the service, which asks its sessions to finish when it drains.
  std::shared_ptr<service::CallSession> session_;
  std::optional<protocol::CallMessage> waiting_;  // refused as `full`, offered again on resume
};

}  // namespace parley::server
