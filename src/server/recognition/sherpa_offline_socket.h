// SPDX-License-Identifier: Apache-2.0
//
// One socket of sherpa-onnx's offline protocol (protocol/recognition/sherpa.h): a stream for each
// recording, which is heard while it comes. The next one waits, unread, until this one is answered.
//
// Threads: the connection's I/O loop; the sink is also told things on the stream's strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/recognition/listening_socket.h"

namespace parley::server {

class SherpaOfflineSocket final : public ListeningSocket {
 public:
  /// `service` and `gate` outlive it. `id`: of the request.
  SherpaOfflineSocket(service::RecognitionService& service, SessionGate& gate,
                      SocketAdmission admission, std::string id);

  void on_open(std::shared_ptr<transport::Connection> connection) override;
  transport::Flow on_text(std::string_view text) override;
  transport::Flow on_binary(std::span<const std::byte> bytes) override;

 private:
  class Sink;
  void refuse(int code, std::string_view message, std::int64_t retry_seconds) override;
  transport::Flow go_on() override;
  /// False when it was refused.
  bool begin(std::span<const std::byte> message);

  const std::string id_;
  std::shared_ptr<Sink> sink_;  // of the last recording, shared with its stream; null before
  std::size_t left_ = 0;        // bytes of the recording that have not come
  bool is_within_ = false;      // a recording: it has not been finished
  bool is_over_ = false;        // nothing is taken any more
  std::string next_;            // the beginning of a recording that has to wait
};

}  // namespace parley::server
