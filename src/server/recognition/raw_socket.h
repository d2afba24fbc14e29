// SPDX-License-Identifier: Apache-2.0
//
// One socket of `/v1/asr/stream` (protocol/recognition/raw_socket.h). Threads: the connection's I/O
// loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "protocol/recognition/raw_socket.h"
#include "server/recognition/listening_socket.h"

namespace parley::server {

class RawSocket final : public ListeningSocket {
 public:
  struct Setup {
    protocol::ListenOrder order;
    SocketAdmission admission;
    std::string id;     // of the request
    std::string owner;  // whose speakers are told by name
  };

  /// `service` and `gate` outlive it.
  RawSocket(service::RecognitionService& service, SessionGate& gate, Setup setup);

  void on_open(std::shared_ptr<transport::Connection> connection) override;
  transport::Flow on_text(std::string_view text) override;
  transport::Flow on_binary(std::span<const std::byte> bytes) override;

 private:
  void complain(const std::string& trouble) override;
  void refuse(int code, std::string_view message, std::int64_t retry_seconds) override;

  const protocol::ListenOrder order_;
  const std::string id_;
  const std::string owner_;
  std::uint64_t flushes_ = 0;
};

}  // namespace parley::server
