// SPDX-License-Identifier: Apache-2.0
#include "server/twilio/twilio_socket.h"

#include <utility>
#include <variant>

#include "base/log.h"
#include "server/send_result.h"

namespace parley::server {

using transport::Connection;
using transport::Flow;

namespace close_code = transport::close_code;

namespace {

/// Threads: the session's strand.
class SocketLink final : public service::CallLink {
 public:
  explicit SocketLink(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  service::SendResult send(protocol::CallCommand command, const std::string& stream) override {
    return send_result_of(connection_->send_text(
        std::make_shared<const std::string>(protocol::to_json(command, stream))));
  }
  void resume() override { connection_->resume(); }
  void close(std::uint16_t code, std::string reason) override { connection_->close(code, reason); }

 private:
  const std::shared_ptr<Connection> connection_;  // shared: the socket may end first
};

}  // namespace

TwilioSocket::TwilioSocket(service::CallService& service, SessionGate& gate,
                           SocketAdmission admission, std::string owner)
    : pass_(gate), service_(service), admission_(std::move(admission)), owner_(std::move(owner)) {}

void TwilioSocket::on_open(std::shared_ptr<Connection> connection) {
  auto session = service_.open({.allowance = admission_.allowance, .owner = owner_},
                               std::make_shared<SocketLink>(connection));
  if (!session) {
    log::warn("a call was refused", {{"reason", session.error().message}});
    return connection->close(close_code::kTryAgainLater, session.error().message);
  }
  session_ = std::move(*session);
  log::info("call connected", {{"session", session_->id()}, {"remote", connection->remote()}});
}

Flow TwilioSocket::on_text(std::string_view text) {
  auto parsed = protocol::parse_call_message(text);
  if (auto* message = std::get_if<protocol::CallMessage>(&parsed)) return push(std::move(*message));
  // There is no word for it in their protocol.
  log::debug("a call's message was passed over",
             {{"why", std::get<protocol::ProtocolError>(parsed).message}});
  return Flow::more;
}

Flow TwilioSocket::on_binary(std::span<const std::byte> /*bytes*/) { return Flow::more; }

Flow TwilioSocket::on_resume() {
  std::optional<protocol::CallMessage> again = std::exchange(waiting_, std::nullopt);
  return again ? push(std::move(*again)) : Flow::more;
}

Flow TwilioSocket::push(protocol::CallMessage message) {
  if (session_ == nullptr) return Flow::more;
  if (session_->push(std::move(message)) != service::PushResult::full) return Flow::more;
  waiting_ = std::move(message);  // NOLINT(bugprone-use-after-move): `full` leaves it as it was
  return Flow::wait;
}

void TwilioSocket::on_close(std::uint16_t code, std::string_view reason) {
  if (session_ == nullptr) return;
  session_->close();
  log::info("call gone",
            {{"session", session_->id()}, {"code", code}, {"reason", std::string(reason)}});
}

}  // namespace parley::server
