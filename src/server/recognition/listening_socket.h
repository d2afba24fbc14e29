// SPDX-License-Identifier: Apache-2.0
//
// What all sockets that are listened to have in common: frames of audio go straight from the I/O
// loop into a recognition stream; what does not fit is held back, and the socket is not read until
// it does. Each protocol adds its messages, and a sink that writes what the stream's strand tells
// straight to the connection.
//
// Threads: the connection's I/O loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/recognition/audio_feed.h"
#include "server/session_gate.h"
#include "server/speech/socket_admission.h"
#include "service/recognition/recognition_service.h"
#include "transport/connection.h"

namespace parley::server {

class ListeningSocket : public transport::ConnectionSink {
 public:
  transport::Flow on_resume() final;
  void on_close(std::uint16_t code, std::string_view reason) override;

 protected:
  /// `service` and `gate` outlive it.
  ListeningSocket(service::RecognitionService& service, SessionGate& gate,
                  SocketAdmission admission);

  /// A refusal, in the words of the protocol, and the end of the socket. `code` as HTTP has them;
  /// `retry_seconds` 0: is not told.
  virtual void refuse(int code, std::string_view message, std::int64_t retry_seconds) = 0;

  void connect(std::shared_ptr<transport::Connection> connection) {
    connection_ = std::move(connection);
    place_ = gate_.idle().add(connection_);
  }
  /// To hold while something else than a stream of recognition runs for the socket.
  [[nodiscard]] std::unique_ptr<IdleSockets::Work> work() const {
    return std::make_unique<IdleSockets::Work>(place_);
  }
  /// In the words of the protocol, where it has any: something of the audio could not be read, and
  /// the stream goes on.
  virtual void complain(const std::string& /*trouble*/) {}
  /// False when it was refused. As AudioFeed::open.
  bool listen(service::RecognitionRequest request, SampleKind kind,
              std::shared_ptr<service::RecognitionSink> sink);
  [[nodiscard]] bool is_listening() const noexcept { return feed_.is_open(); }
  /// REQUIRES: is_listening(). As AudioFeed::append.
  [[nodiscard]] transport::Flow append(std::span<const std::byte> bytes);
  /// Whose enrolled speakers it may name.
  [[nodiscard]] const std::string& owner() const noexcept { return admission_.sees; }
  [[nodiscard]] service::RecognitionStream& stream() { return feed_.stream(); }
  [[nodiscard]] transport::Connection& connection() { return *connection_; }
  [[nodiscard]] const std::shared_ptr<transport::Connection>& shared_connection() const {
    return connection_;
  }
  void send(std::string text);
  /// Reading has gone on, and all that was held back is in the stream: what a protocol itself holds
  /// back can go in.
  [[nodiscard]] virtual transport::Flow go_on() { return transport::Flow::more; }
  /// No more audio is taken; the stream is cancelled.
  void stop_listening() { feed_.close(); }

 private:
  const SessionGate::Pass pass_;  // first: given back when the socket is gone
  service::RecognitionService& service_;
  SessionGate& gate_;
  const SocketAdmission admission_;
  std::shared_ptr<transport::Connection> connection_;  // shared: the stream sends through it, too
  std::shared_ptr<IdleSockets::Place> place_;          // shared with what runs for the socket
  AudioFeed feed_;
};

}  // namespace parley::server
