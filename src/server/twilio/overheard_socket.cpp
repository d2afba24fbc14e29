// SPDX-License-Identifier: Apache-2.0
#include "server/twilio/overheard_socket.h"

#include <string>
#include <utility>
#include <variant>

#include "base/log.h"

namespace parley::server {

using transport::Connection;
using transport::Flow;

namespace {

/// Threads: the call's strand.
class SocketLink final : public service::OverheardLink {
 public:
  explicit SocketLink(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  void resume() override { connection_->resume(); }
  void close(std::uint16_t code, std::string reason) override { connection_->close(code, reason); }

 private:
  const std::shared_ptr<Connection> connection_;  // shared: the socket may end first
};

}  // namespace

void OverheardSocket::on_open(std::shared_ptr<Connection> connection) {
  call_ = calls_.open(std::move(request_), std::make_shared<SocketLink>(connection));
  log::info("call connected, to be listened to",
            {{"session", call_->id()}, {"remote", connection->remote()}});
}

Flow OverheardSocket::on_text(std::string_view text) {
  auto parsed = protocol::parse_call_message(text);
  if (auto* message = std::get_if<protocol::CallMessage>(&parsed)) return push(std::move(*message));
  log::debug("a call's message was passed over",
             {{"why", std::get<protocol::ProtocolError>(parsed).message}});
  return Flow::more;
}

Flow OverheardSocket::on_binary(std::span<const std::byte> /*bytes*/) { return Flow::more; }

Flow OverheardSocket::on_resume() {
  std::optional<protocol::CallMessage> again = std::exchange(waiting_, std::nullopt);
  return again ? push(std::move(*again)) : Flow::more;
}

Flow OverheardSocket::push(protocol::CallMessage message) {
  if (call_->push(std::move(message)) != service::PushResult::full) return Flow::more;
  waiting_ = std::move(message);  // NOLINT(bugprone-use-after-move): `full` leaves it as it was
  return Flow::wait;
}

void OverheardSocket::on_close(std::uint16_t code, std::string_view reason) {
  call_->hang_up();
  log::info("call gone",
            {{"session", call_->id()}, {"code", code}, {"reason", std::string(reason)}});
}

}  // namespace parley::server
