// SPDX-License-Identifier: Apache-2.0
//
// One socket of sherpa-onnx's streaming protocol (protocol/recognition/sherpa.h). Threads: the
// connection's I/O loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/recognition/listening_socket.h"

namespace parley::server {

class SherpaOnlineSocket final : public ListeningSocket {
 public:
  /// `service` and `gate` outlive it. `id`: of the request.
  SherpaOnlineSocket(service::RecognitionService& service, SessionGate& gate,
                     SocketAdmission admission, std::string id);

  void on_open(std::shared_ptr<transport::Connection> connection) override;
  transport::Flow on_text(std::string_view text) override;
  transport::Flow on_binary(std::span<const std::byte> bytes) override;

 private:
  class Sink;
  void refuse(int code, std::string_view message, std::int64_t retry_seconds) override;

  const std::string id_;
  std::shared_ptr<Sink> sink_;  // shared with the stream
  bool is_done_ = false;        // the client has said so
};

}  // namespace parley::server
