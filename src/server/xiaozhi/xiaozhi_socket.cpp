// SPDX-License-Identifier: Apache-2.0
#include "server/xiaozhi/xiaozhi_socket.h"

#include <utility>
#include <variant>

#include "base/log.h"
#include "protocol/xiaozhi/binary_frame.h"
#include "server/send_result.h"

namespace parley::server {

using transport::Connection;
using transport::Flow;

namespace close_code = transport::close_code;

namespace {

/// Threads: the session's strand.
class SocketLink final : public service::XiaozhiLink {
 public:
  SocketLink(std::shared_ptr<Connection> connection, int framing)
      : connection_(std::move(connection)), framing_(framing) {}

  service::SendResult send(protocol::XiaozhiMessage message,
                           const std::string& session_id) override {
    const auto* const sound = std::get_if<protocol::XiaozhiSound>(&message);
    const transport::SendResult sent =
        sound != nullptr ? connection_->send_binary(std::make_shared<const std::string>(
                               protocol::binary_frame(framing_, sound->packet, sound->at_ms)))
                         : connection_->send_text(std::make_shared<const std::string>(
                               protocol::to_json(message, session_id)));
    return send_result_of(sent);
  }
  void resume() override { connection_->resume(); }
  void close(std::uint16_t code, std::string reason) override { connection_->close(code, reason); }

 private:
  const std::shared_ptr<Connection> connection_;  // shared: the socket may end first
  const int framing_;
};

service::DeviceEvent read_text(std::string_view text) {
  auto parsed = protocol::parse_device_message(text);
  if (auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return service::DeviceNoise{std::move(error->message)};
  }
  return std::get<protocol::DeviceMessage>(std::move(parsed));
}

}  // namespace

XiaozhiSocket::XiaozhiSocket(service::XiaozhiService& service, SessionGate& gate, Setup setup)
    : pass_(gate), service_(service), setup_(std::move(setup)) {}

void XiaozhiSocket::on_open(std::shared_ptr<Connection> connection) {
  auto session = service_.open({.device = setup_.device,
                                .allowance = setup_.admission.allowance,
                                .owner = setup_.owner,
                                .enrolled_only = setup_.enrolled_only},
                               std::make_shared<SocketLink>(connection, setup_.framing));
  if (!session) {
    log::warn("a device was refused",
              {{"reason", session.error().message}, {"device", setup_.device}});
    return connection->close(close_code::kTryAgainLater, session.error().message);
  }
  session_ = std::move(*session);
  log::info("device connected", {{"session", session_->id()},
                                 {"device", setup_.device},
                                 {"client", setup_.client},
                                 {"remote", connection->remote()}});
}

Flow XiaozhiSocket::on_text(std::string_view text) { return push(read_text(text)); }

Flow XiaozhiSocket::on_binary(std::span<const std::byte> bytes) {
  const auto frame = protocol::parse_binary_frame(setup_.framing, bytes);
  if (!frame) return push(service::DeviceNoise{"a binary frame that is none"});
  if (frame->is_json) {
    return push(
        read_text({reinterpret_cast<const char*>(frame->payload.data()), frame->payload.size()}));
  }
  return push(service::DevicePacket{service_.buffers().copy_of(frame->payload)});
}

Flow XiaozhiSocket::on_resume() {
  std::optional<service::DeviceEvent> again = std::exchange(waiting_, std::nullopt);
  return again ? push(std::move(*again)) : Flow::more;
}

Flow XiaozhiSocket::push(service::DeviceEvent event) {
  if (session_ == nullptr) return Flow::more;
  if (session_->push(std::move(event)) != service::PushResult::full) return Flow::more;
  waiting_ = std::move(event);  // NOLINT(bugprone-use-after-move): `full` leaves it as it was
  return Flow::wait;
}

void XiaozhiSocket::on_close(std::uint16_t code, std::string_view reason) {
  if (session_ == nullptr) return;
  session_->close();
  log::info("device gone",
            {{"session", session_->id()}, {"code", code}, {"reason", std::string(reason)}});
}

}  // namespace parley::server
