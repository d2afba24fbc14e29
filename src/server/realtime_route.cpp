// SPDX-License-Identifier: Apache-2.0
#include "server/realtime_route.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "base/log.h"
#include "protocol/realtime/client_event.h"
#include "protocol/realtime/server_event.h"
#include "server/http_error.h"

namespace parley::server {
namespace {

using protocol::ProtocolError;
using transport::Connection;
using transport::Flow;
using transport::HttpRequest;

constexpr std::uint16_t kCloseBadCredential = 3000;
constexpr std::uint16_t kCloseFatal = 4000;
/// An event without its audio is about this long as JSON.
constexpr std::size_t kEventBytes = 512;

// --- out ----------------------------------------------------------------------------------------

std::size_t audio_bytes(const protocol::ServerPayload& payload) {
  if (const auto* delta = std::get_if<protocol::OutputAudioDelta>(&payload)) {
    return delta->audio.size();
  }
  std::size_t bytes = 0;
  if (const auto* retrieved = std::get_if<protocol::ItemRetrieved>(&payload)) {
    for (const auto& content : retrieved->item.content) bytes += content.audio.size();
  }
  return bytes;
}

/// An event on its way to the I/O loop, where it becomes JSON.
class EventSource final : public transport::MessageSource {
 public:
  explicit EventSource(protocol::ServerEvent event)
      : event_(std::move(event)), bytes_(kEventBytes + audio_bytes(event_.payload) * 4 / 3) {}
  std::string text() override { return protocol::to_json(event_); }
  [[nodiscard]] std::size_t bytes_estimate() const override { return bytes_; }

 private:
  const protocol::ServerEvent event_;
  const std::size_t bytes_;
};

class ConnectionLink final : public service::ClientLink {
 public:
  explicit ConnectionLink(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  service::SendResult send(protocol::ServerEvent event) override {
    switch (connection_->send_text(std::make_unique<EventSource>(std::move(event)))) {
      case transport::SendResult::sent:
        return service::SendResult::sent;
      case transport::SendResult::backpressure:
        return service::SendResult::slow;
      case transport::SendResult::closed:
        break;
    }
    return service::SendResult::closed;
  }
  void resume() override { connection_->resume(); }
  void close(std::uint16_t code, std::string reason) override { connection_->close(code, reason); }

 private:
  // Shared: the socket may end before the session does.
  const std::shared_ptr<Connection> connection_;
};

void refuse(Connection& connection, const Refusal& refusal) {
  // The only event of its connection: its id has nothing to be unlike.
  const protocol::ServerEvent event{"event_refused", protocol::ErrorOccurred{refusal.error}};
  connection.send_text(std::make_shared<const std::string>(protocol::to_json(event)));
  connection.close(refusal.close_code, protocol::close_reason(refusal.error));
}

// --- in -----------------------------------------------------------------------------------------

/// Says why, and hears nothing.
class RefusingSink final : public transport::ConnectionSink {
 public:
  explicit RefusingSink(Refusal refusal) : refusal_(std::move(refusal)) {}
  void on_open(std::shared_ptr<Connection> connection) override { refuse(*connection, refusal_); }
  Flow on_text(std::string_view) override { return Flow::more; }
  Flow on_binary(std::span<const std::byte>) override { return Flow::more; }
  void on_close(std::uint16_t, std::string_view) override {}

 private:
  const Refusal refusal_;
};

class SessionSink final : public transport::ConnectionSink {
 public:
  SessionSink(service::RealtimeService& service, media::BufferPool& buffers, SessionGate& gate,
              service::SessionRequest request)
      : pass_(gate), service_(service), buffers_(buffers), request_(std::move(request)) {}

  void on_open(std::shared_ptr<Connection> connection) override;
  Flow on_text(std::string_view text) override {
    return push(protocol::parse_client_event(text, buffers_));
  }
  Flow on_binary(std::span<const std::byte>) override {
    return push(protocol::binary_frame_error());
  }
  Flow on_resume() override {
    std::optional<protocol::ParsedEvent> again = std::exchange(waiting_, std::nullopt);
    return again ? push(std::move(*again)) : Flow::more;
  }
  void on_close(std::uint16_t code, std::string_view reason) override;

 private:
  Flow push(protocol::ParsedEvent event);

  const SessionGate::Pass pass_;  // first: given back when the session is gone
  service::RealtimeService& service_;
  media::BufferPool& buffers_;
  service::SessionRequest request_;
  // Shared with the service, which asks its sessions to finish when it drains.
  std::shared_ptr<service::RealtimeSession> session_;
  std::optional<protocol::ParsedEvent> waiting_;  // refused as `full`, offered again on resume
};

Refusal no_place(const Error& why) {
  const bool is_full = why.code == ErrorCode::resource_exhausted;
  ProtocolError error;
  error.type = ProtocolError::Type::server;
  error.code = is_full ? "rate_limit_exceeded" : "server_error";
  error.message = why.message;
  // "Try again later" is what clients that reconnect by themselves understand.
  const bool is_temporary = is_full || why.code == ErrorCode::unavailable;
  return {std::move(error), is_temporary ? transport::close_code::kTryAgainLater : kCloseFatal};
}

void SessionSink::on_open(std::shared_ptr<Connection> connection) {
  auto session = service_.open(std::move(request_), std::make_shared<ConnectionLink>(connection));
  if (!session) {
    log::warn("a session was refused", {{"reason", session.error().message}});
    return refuse(*connection, no_place(session.error()));
  }
  session_ = std::move(*session);
  log::info("session opened", {{"session", session_->id()}, {"remote", connection->remote()}});
}

Flow SessionSink::push(protocol::ParsedEvent event) {
  if (session_ == nullptr) return Flow::more;
  if (session_->push(std::move(event)) != service::PushResult::full) return Flow::more;
  waiting_ = std::move(event);  // NOLINT(bugprone-use-after-move): `full` leaves it as it was
  return Flow::wait;
}

void SessionSink::on_close(std::uint16_t code, std::string_view reason) {
  if (session_ == nullptr) return;
  session_->close();
  log::info("session closed",
            {{"session", session_->id()}, {"code", code}, {"reason", std::string(reason)}});
}

// --- the request --------------------------------------------------------------------------------

Refusal fatal(std::string code, std::string message, std::uint16_t close_code = kCloseFatal) {
  ProtocolError error;
  error.code = std::move(code);
  error.message = std::move(message);
  return {std::move(error), close_code};
}

bool asks_for_beta(const HttpRequest& request) {
  const auto offered = offered_subprotocols(request);
  return request.header("OpenAI-Beta") == "realtime=v1" ||
         std::ranges::find(offered, "openai-beta.realtime-v1") != offered.end();
}

std::optional<Refusal> refusal(const HttpRequest& request, const ApiKeys& keys) {
  if (!keys.admits(request)) {
    return fatal("invalid_api_key", "Incorrect API key provided.", kCloseBadCredential);
  }
  if (asks_for_beta(request)) {
    return fatal("beta_api_shape_disabled",
                 "The beta shape of the Realtime API is not served: use the GA interface.");
  }
  const bool is_transcription = request.query_value("intent") == "transcription";
  if (!is_transcription && request.query_value("model").value_or("").empty()) {
    return fatal("missing_model", "You must provide a model parameter: /v1/realtime?model=NAME.");
  }
  return std::nullopt;
}

}  // namespace

transport::UpgradeDecision RealtimeRoute::accept(const HttpRequest& request, const ApiKeys& keys) {
  if (request.query_value("call_id")) {
    return http_error(404, "invalid_request_error", "call_id_not_found",
                      "There is no call of this id.");
  }
  // A browser takes only an answer that it offered.
  const auto offered = offered_subprotocols(request);
  const bool speaks_realtime = std::ranges::find(offered, "realtime") != offered.end();
  transport::UpgradeAccepted accepted{nullptr, speaks_realtime ? "realtime" : ""};
  if (auto refused = refusal(request, keys)) {
    log::warn("a session was refused",
              {{"reason", refused->error.code}, {"remote", request.remote}});
    accepted.sink = std::make_unique<RefusingSink>(std::move(*refused));
    return accepted;
  }
  service::SessionRequest wanted;
  wanted.model = request.query_value("model").value_or("");
  if (request.query_value("intent") == "transcription") {
    wanted.type = protocol::SessionType::transcription;
  }
  accepted.sink = std::make_unique<SessionSink>(service_, buffers_, gate_, std::move(wanted));
  return accepted;
}

}  // namespace parley::server
