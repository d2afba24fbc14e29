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
#include "server/send_result.h"

namespace parley::server {
namespace {

using protocol::ProtocolError;
using transport::Connection;
using transport::Flow;
using transport::HttpRequest;

constexpr std::uint16_t kCloseBadCredential = 3000;
constexpr std::uint16_t kCloseFatal = 4000;
constexpr std::string_view kSubprotocol = "realtime";
constexpr std::string_view kBetaSubprotocol = "openai-beta.realtime-v1";
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
  EventSource(protocol::ServerEvent event, protocol::Dialect dialect)
      : event_(std::move(event)),
        dialect_(dialect),
        bytes_(kEventBytes + audio_bytes(event_.payload) * 4 / 3) {}
  std::string text() override { return protocol::to_json(event_, dialect_); }
  [[nodiscard]] std::size_t bytes_estimate() const override { return bytes_; }

 private:
  const protocol::ServerEvent event_;
  const protocol::Dialect dialect_;
  const std::size_t bytes_;
};

class ConnectionLink final : public service::ClientLink {
 public:
  ConnectionLink(std::shared_ptr<Connection> connection, protocol::Dialect dialect)
      : connection_(std::move(connection)), dialect_(dialect) {}

  service::SendResult send(protocol::ServerEvent event) override {
    if (!protocol::is_shown(event.payload, dialect_)) return service::SendResult::sent;
    return send_result_of(
        connection_->send_text(std::make_unique<EventSource>(std::move(event), dialect_)));
  }
  void resume() override { connection_->resume(); }
  void close(std::uint16_t code, std::string reason) override { connection_->close(code, reason); }

 private:
  // Shared: the socket may end before the session does.
  const std::shared_ptr<Connection> connection_;
  const protocol::Dialect dialect_;
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
              service::SessionRequest request, protocol::Dialect dialect)
      : pass_(gate),
        service_(service),
        buffers_(buffers),
        request_(std::move(request)),
        dialect_(dialect) {}

  void on_open(std::shared_ptr<Connection> connection) override;
  Flow on_text(std::string_view text) override {
    return push(protocol::parse_client_event(text, buffers_, {.dialect = dialect_}));
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
  const protocol::Dialect dialect_;
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
  auto session =
      service_.open(std::move(request_), std::make_shared<ConnectionLink>(connection, dialect_));
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

bool offers(const HttpRequest& request, std::string_view subprotocol) {
  const auto offered = offered_subprotocols(request);
  return std::ranges::find(offered, subprotocol) != offered.end();
}

protocol::Dialect dialect_of(const HttpRequest& request) {
  const bool is_beta =
      request.header("OpenAI-Beta") == "realtime=v1" || offers(request, kBetaSubprotocol);
  return is_beta ? protocol::Dialect::beta : protocol::Dialect::ga;
}

/// A browser takes only an answer that it offered, and never the one that bears a key.
std::string answer_to_subprotocols(const HttpRequest& request) {
  for (const std::string_view name : {kSubprotocol, kBetaSubprotocol}) {
    if (offers(request, name)) return std::string(name);
  }
  return "";
}

/// The client secret that a request shows; nothing when it shows none.
std::optional<std::string_view> secret_of(const HttpRequest& request) {
  for (const std::string_view key : ApiKeys::shown(request)) {
    if (ClientSecrets::is_secret(key)) return key;
  }
  return std::nullopt;
}

Refusal bad_credential(std::string message) {
  return fatal("invalid_api_key", std::move(message), kCloseBadCredential);
}

std::variant<service::SessionRequest, Refusal> read_request(const HttpRequest& request,
                                                            const ApiKeys& keys,
                                                            const ClientSecrets& secrets,
                                                            const KeyAccounts& accounts) {
  service::SessionRequest wanted;
  wanted.model = request.query_value("model").value_or("");
  wanted.conversation = request.query_value("conversation").value_or("");
  if (request.query_value("intent") == "transcription") {
    wanted.type = protocol::SessionType::transcription;
  }
  SessionOwner owner{.account = KeyAccounts::kEverybody};
  if (const auto secret = secret_of(request)) {
    const ClientSecrets::Session session = secrets.find(*secret);
    if (session == nullptr) return bad_credential("The client secret is unknown or has expired.");
    owner = secrets.owner_of(*secret);
    if (!accounts.at(owner.account)->is_live()) {
      return bad_credential("The key that minted this client secret has ended.");
    }
    wanted.type = session->type;
    wanted.model = session->model.value_or(wanted.model);
    wanted.session = std::make_unique<protocol::SessionPatch>(*session);
  } else if (!keys.is_open()) {
    const auto key = keys.find(request);
    if (!key) return bad_credential("Incorrect API key provided.");
    owner = {keys.owner_of(request), KeyAccounts::of_key(*key)};
  }
  if (wanted.type == protocol::SessionType::realtime && wanted.model.empty()) {
    return fatal("missing_model", "You must provide a model parameter: /v1/realtime?model=NAME.");
  }
  const std::shared_ptr<KeyAccount> account = accounts.at(owner.account);
  KeyAccount::Entry entry = KeyAccount::enter(account);
  if (entry.refused) {
    return no_place({ErrorCode::resource_exhausted, std::move(entry.refused->message)});
  }
  wanted.allowance = std::move(entry.allowance);
  wanted.budget = account->limits().budget;
  wanted.owner = std::move(owner.name);
  wanted.key = account->name();
  return wanted;
}

}  // namespace

bool RealtimeRoute::is_transcription(const HttpRequest& request) const {
  if (const auto secret = secret_of(request)) {
    const ClientSecrets::Session session = secrets_.find(*secret);
    if (session != nullptr) return session->type == protocol::SessionType::transcription;
  }
  return request.query_value("intent") == "transcription";
}

transport::UpgradeDecision RealtimeRoute::accept(const HttpRequest& request, const ApiKeys& keys) {
  if (request.query_value("call_id")) {
    return http_error(404, "invalid_request_error", "call_id_not_found",
                      "There is no call of this id.");
  }
  transport::UpgradeAccepted accepted{nullptr, answer_to_subprotocols(request)};
  auto wanted = read_request(request, keys, secrets_, accounts_);
  if (auto* refused = std::get_if<Refusal>(&wanted)) {
    log::warn("a session was refused",
              {{"reason", refused->error.code}, {"remote", request.remote}});
    accepted.sink = std::make_unique<RefusingSink>(std::move(*refused));
    return accepted;
  }
  accepted.sink = std::make_unique<SessionSink>(
      service_, buffers_, gate_, std::move(std::get<service::SessionRequest>(wanted)),
      dialect_of(request));
  return accepted;
}

}  // namespace parley::server
