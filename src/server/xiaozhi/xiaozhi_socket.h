// SPDX-License-Identifier: Apache-2.0
//
// One socket of `/xiaozhi/v1/`: where a device's frames become typed messages, and ours become
// frames again (protocol/xiaozhi). Threads: the connection's I/O loop.
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
#include "service/xiaozhi/xiaozhi_service.h"
#include "transport/connection.h"

namespace parley::server {

class XiaozhiSocket final : public transport::ConnectionSink {
 public:
  struct Setup {
    SocketAdmission admission;
    std::string owner;                  // whose enrolled speakers are known
    std::string device;                 // Device-Id: its MAC address
    std::string client;                 // Client-Id: a UUID
    std::optional<bool> enrolled_only;  // who is answered there, if not as all say
    int framing = 1;                    // protocol/xiaozhi/binary_frame.h
  };

  /// `service` and `gate` outlive it.
  XiaozhiSocket(service::XiaozhiService& service, SessionGate& gate, Setup setup);

  void on_open(std::shared_ptr<transport::Connection> connection) override;
  transport::Flow on_text(std::string_view text) override;
  transport::Flow on_binary(std::span<const std::byte> bytes) override;
  transport::Flow on_resume() override;
  void on_close(std::uint16_t code, std::string_view reason) override;

 private:
  transport::Flow push(service::DeviceEvent event);

  const SessionGate::Pass pass_;  // first: given back when the session is gone
  service::XiaozhiService& service_;
  const Setup setup_;
  // Shared with the service, which asks its sessions to finish when it drains.
  std::shared_ptr<service::XiaozhiSession> session_;
  std::optional<service::DeviceEvent> waiting_;  // refused as `full`, offered again on resume
};

}  // namespace parley::server
