// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/raw_socket.h"

#include <utility>
#include <variant>

#include "base/trace.h"
#include "server/recognition/listen_request.h"
#include "server/speech/speech_framing.h"

namespace parley::server {

using transport::Connection;
using transport::Flow;

namespace close_code = transport::close_code;

namespace {

/// Threads: the stream's strand.
class RawSink final : public service::RecognitionSink {
 public:
  explicit RawSink(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  void on_speech_started(std::uint64_t utterance, media::MediaTime begin) override {
    send(protocol::speech_started_json(utterance, begin));
  }
  void on_partial(const service::RecognizedText& partial) override {
    send(protocol::to_json(recognized(partial, false)));
  }
  void on_final(const service::RecognizedText& final) override {
    send(protocol::to_json(recognized(final, true)));
  }
  void on_trouble(const Error& error) override {
    send(protocol::listen_error_json(http_status_of(error.code), error.message));
  }
  void on_flushed(std::uint64_t /*id*/, const service::RecognitionTotals& totals) override {
    send(protocol::listen_done_json(totals.audio));
  }
  void on_room() override { connection_->resume(); }
  void on_end(const Status& status, const service::RecognitionTotals& totals) override {
    if (status) {
      send(protocol::listen_done_json(totals.audio));
      connection_->close(close_code::kNormal, "");
    } else if (status.error().code == ErrorCode::unavailable) {
      connection_->close(close_code::kGoingAway, "shutting down");
    } else if (status.error().code != ErrorCode::cancelled) {
      send(
          protocol::listen_error_json(http_status_of(status.error().code), status.error().message));
      connection_->close(close_code::kInternal, "");
    }
  }

 private:
  void send(std::string json) {
    PARLEY_HOP();
    connection_->send_text(std::make_shared<const std::string>(std::move(json)));
  }

  const std::shared_ptr<Connection> connection_;
};

}  // namespace

RawSocket::RawSocket(service::RecognitionService& service, SessionGate& gate, Setup setup)
    : ListeningSocket(service, gate, std::move(setup.admission)),
      order_(std::move(setup.order)),
      id_(std::move(setup.id)),
      owner_(std::move(setup.owner)) {}

void RawSocket::on_open(std::shared_ptr<Connection> connection) {
  connect(std::move(connection));
  service::RecognitionRequest request;
  request.id = id_;
  request.owner = owner_;
  request.face = "raw";
  listen(listen_request(std::move(request), order_), sample_kind(order_.encoding),
         std::make_shared<RawSink>(shared_connection()));
}

Flow RawSocket::on_text(std::string_view text) {
  const auto parsed = protocol::parse_listen_message(text);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    send(protocol::listen_error_json(400, error->message, error->param.value_or("")));
  } else if (is_listening()) {
    stream().flush(flushes_++);
  }
  return Flow::more;
}

Flow RawSocket::on_binary(std::span<const std::byte> bytes) {
  return is_listening() ? append(bytes) : Flow::more;
}

void RawSocket::complain(const std::string& trouble) {
  send(protocol::listen_error_json(400, trouble));
}

void RawSocket::refuse(int code, std::string_view message, std::int64_t retry_seconds) {
  stop_listening();
  send(protocol::listen_error_json(code, message, {}, retry_seconds));
  connection().close(retry_seconds > 0 ? close_code::kTryAgainLater : close_code::kPolicy, "");
}

}  // namespace parley::server
