// SPDX-License-Identifier: Apache-2.0
//
// One file because it is one list: which request goes to whom, and who may come in.
#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "server/http_error.h"
#include "server/models.h"
#include "server/process_metrics.h"
#include "server/recognition/readiness.h"
#include "server/refusing_sink.h"
#include "server/route_label.h"
#include "server/speech/speech_framing.h"
#include "server/speech/speech_owner.h"
#include "server/web_assets.h"
#include "transport/request_id.h"

namespace parley::server {
namespace {

using transport::HttpRequest;
using transport::HttpResponse;

/// What is left after a drain is closed, and cut after this long.
constexpr Millis kStopGrace{1000};
/// Of a drain's time, a quarter at most: who still speaks then is told the words so far.
constexpr Millis kLastWords{2000};
/// Of what the store and others say, in /healthz.
constexpr std::size_t kTroubleBytesMax = 500;
constexpr std::string_view kRealtimePath = "/v1/realtime";

/// In the words of the interface that was asked.
HttpResponse refusal(const HttpRequest& request, int status, std::string_view type,
                     std::string_view code, const std::string& message) {
  if (SpeechRoutes::has_own_errors(request.path)) return speech_refusal(status, message);
  return http_error(status, type, code, message);
}

HttpResponse forbidden(const HttpRequest& request, const std::string& why) {
  return refusal(request, 403, "invalid_request_error", "forbidden", why);
}

HttpResponse unauthorized(const HttpRequest& request) {
  HttpResponse response = refusal(request, 401, "invalid_request_error", "invalid_api_key",
                                  "This needs a key: Authorization: Bearer KEY.");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

HttpResponse not_serving(const HttpRequest& request, std::string_view state) {
  HttpResponse response = refusal(request, 503, "server_error", "unavailable",
                                  "The server is " + std::string(state) + ": try again later.");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

HttpResponse too_many_requests(const HttpRequest& request, const KeyAccount::Refusal& refused) {
  HttpResponse response = refusal(request, 429, "requests", "rate_limit_exceeded", refused.message);
  response.headers.emplace_back("Retry-After", std::to_string(refused.retry_seconds));
  return response;
}

HttpResponse nothing_here() {
  return http_error(404, "invalid_request_error", "not_found", "There is nothing at this path.");
}

Error taken_port(Error error, std::string_view another) {
  if (error.code == ErrorCode::already_exists) {
    error.message += ": it is in use by another program. Choose another with ";
    error.message.append(another).append(" (0: a free one)");
  }
  return error;
}

HttpResponse upgrade_required() {
  HttpResponse response = http_error(426, "invalid_request_error", "upgrade_required",
                                     "This is a WebSocket: connect with ws:// and an upgrade.");
  response.headers.emplace_back("Upgrade", "websocket");
  return response;
}

}  // namespace

Server::Server(const Config& config, ApiKeys keys, Metrics& metrics)
    : host_(config.server.host),
      scheme_(config.server.tls_cert.empty() ? "http://" : "https://"),
      models_(model_names(config)),
      speech_options_(speech_route_options(config)),
      transcription_options_(transcription_options(config)),
      metrics_(metrics),
      keys_(std::move(keys)),
      guard_(config.server.origins),
      addresses_(config.limits.requests_per_minute_per_address, clock_, metrics),
      accounts_(keys_, default_limits(config), clock_, metrics),
      secrets_(clock_, metrics),
      grpc_speech_({keys_, accounts_, addresses_, gate_, speech_options_}),
      grpc_recognition_({keys_, accounts_, addresses_, gate_, transcription_options_}),
      twilio_(config.twilio),
      wyoming_key_(config.ports.wyoming_key),
      wyoming_info_(wyoming_info(config)) {}

Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(const Config& config, Metrics& metrics) {
  const std::string& host = config.server.host;
  static const SteadyClock clock;  // the machine's: every one is the same
  PARLEY_TRY(ApiKeys keys, ApiKeys::follow(config, clock, metrics));
  if (keys.is_open() && !is_loopback_name(host)) {
    return Error{ErrorCode::permission_denied,
                 "server.host '" + host +
                     "' can be reached from other machines, and there is no key to keep strangers "
                     "out: set server.api_keys (or PARLEY_SERVER_API_KEYS), or listen on "
                     "127.0.0.1"};
  }
  std::unique_ptr<Server> server(new Server(config, std::move(keys), metrics));
  PARLEY_TRY_STATUS(server->listen(config));
  if (config.ports.grpc >= 0) PARLEY_TRY_STATUS(server->listen_to_grpc(config));
  PARLEY_TRY_STATUS(server->listen_to_protocols(config));
  if (config.ports.wyoming >= 0) PARLEY_TRY_STATUS(server->listen_to_wyoming(config));
  return server;
}

transport::ListenerOptions Server::listener_options(const Config& config, int port) const {
  transport::ListenerOptions options;
  options.host = host_;
  options.port = static_cast<std::uint16_t>(port);
  options.tls_certificate = config.server.tls_cert;
  options.tls_key = config.server.tls_key;
  options.threads = config.server.io_threads;
  options.connections_max = static_cast<std::size_t>(config.limits.connections);
  options.connections_per_address_max =
      static_cast<std::size_t>(config.limits.connections_per_address);
  return options;
}

Status Server::listen(const Config& config) {
  auto listener =
      transport::Listener::start(listener_options(config, config.server.port), *this, metrics_);
  if (!listener) return taken_port(std::move(listener).error(), "--port N");
  listener_ = std::move(*listener);
  return {};
}

Status Server::listen_to_protocols(const Config& config) {
  const Config::Ports& ports = config.ports;
  PARLEY_TRY_STATUS(listen_to_protocol(config, ports.funasr, "ports.funasr", "FunASR",
                                       &RecognitionSockets::accept_funasr));
  PARLEY_TRY_STATUS(listen_to_protocol(config, ports.sherpa_offline, "ports.sherpa_offline",
                                       "sherpa-onnx offline",
                                       &RecognitionSockets::accept_sherpa_offline));
  PARLEY_TRY_STATUS(listen_to_protocol(config, ports.sherpa_online, "ports.sherpa_online",
                                       "sherpa-onnx streaming",
                                       &RecognitionSockets::accept_sherpa_online));
  return listen_to_protocol(config, ports.vosk, "ports.vosk", "Vosk",
                            &RecognitionSockets::accept_vosk);
}

Status Server::listen_to_protocol(const Config& config, int port, const char* setting,
                                  std::string protocol, AcceptRecognition accept) {
  if (port < 0) return {};
  const auto answer = [this, accept](const HttpRequest& request) -> transport::UpgradeDecision {
    if (const auto refused = addresses_.take(request.remote)) {
      return too_many_requests(request, *refused);
    }
    const State state = state_.load(std::memory_order_acquire);
    if (state == State::starting) return not_serving(request, "starting");
    if (state == State::draining) return not_serving(request, "shutting down");
    if (recognition_sockets_ == nullptr) return nothing_here();
    return (recognition_sockets_.get()->*accept)(request);
  };
  auto opened =
      ProtocolPort::start(listener_options(config, port), metrics_, std::move(protocol), answer);
  if (!opened) {
    return taken_port(std::move(opened).error(), "--set " + std::string(setting) + "=N");
  }
  ports_.push_back(std::move(*opened));
  return {};
}

Status Server::listen_to_wyoming(const Config& config) {
  auto opened =
      WyomingPort::start(listener_options(config, config.ports.wyoming), metrics_,
                         [this](const std::string& remote) { return accept_wyoming(remote); });
  if (!opened) return taken_port(std::move(opened).error(), "--set ports.wyoming=N");
  wyoming_ = std::move(*opened);
  return {};
}

std::unique_ptr<transport::ConnectionSink> Server::accept_wyoming(const std::string& remote) {
  const auto refuse = [](const std::string& why, std::string_view code) {
    return std::make_unique<RefusingSink>(protocol::wyoming_error(why, code),
                                          transport::close_code::kTryAgainLater, why);
  };
  if (const auto refused = addresses_.take(remote)) return refuse(refused->message, "busy");
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return refuse("the server is starting", "busy");
  if (state == State::draining) return refuse("the server is shutting down", "busy");
  if (wyoming_place_ == nullptr) return refuse("there is no recognition", "unavailable");
  const auto key = keys_.is_open() ? std::nullopt : keys_.find_key(wyoming_key_);
  auto admitted = admit_socket(keys_, accounts_, key, remote);
  if (const auto* refused = std::get_if<SocketRefusal>(&admitted)) {
    return refuse(refused->message, refused->code);
  }
  return std::make_unique<WyomingSocket>(*wyoming_place_,
                                         std::get<SocketAdmission>(std::move(admitted)),
                                         transport::request_id(std::nullopt));
}

Status Server::listen_to_grpc(const Config& config) {
  transport::GrpcOptions options;
  options.host = host_;
  options.port = static_cast<std::uint16_t>(config.ports.grpc);
  options.tls_certificate = config.server.tls_cert;
  options.tls_key = config.server.tls_key;
  options.connections_max = static_cast<std::size_t>(config.limits.connections);
  options.connections_per_address_max =
      static_cast<std::size_t>(config.limits.connections_per_address);
  std::vector<transport::GrpcService> services = grpc_speech_.services();
  for (transport::GrpcService& one : grpc_recognition_.services()) {
    services.push_back(std::move(one));
  }
  auto port = transport::GrpcServer::start(options, services, metrics_);
  if (!port) return taken_port(std::move(port).error(), "--set ports.grpc=N");
  grpc_ = std::move(*port);
  return {};
}

void Server::serve(service::RealtimeService& service, media::BufferPool& buffers,
                   store::ConversationStore* store, service::SpeechService* speech,
                   service::RecognitionService* recognition) {
  service_ = &service;
  speech_service_ = speech;
  if (speech != nullptr) serve_speech(*speech);
  recognition_service_ = recognition;
  if (recognition != nullptr) {
    recognition_sockets_ = std::make_unique<RecognitionSockets>(
        RecognitionSockets::Surroundings{*recognition, keys_, accounts_, gate_});
    transcriptions_ = std::make_unique<TranscriptionRoutes>(*recognition, gate_, metrics_,
                                                            transcription_options_);
    wyoming_place_ = std::make_unique<WyomingSocket::Place>(
        WyomingSocket::Place{*recognition, speech, gate_, wyoming_info_});
    if (speech == nullptr) wyoming_place_->info.voices.clear();
    if (grpc_ != nullptr) grpc_recognition_.serve(*recognition);
  }
  store_ = store;
  conversations_ = std::make_unique<ConversationsRoute>(store, buffers, clock_);
  realtime_ = std::make_unique<RealtimeRoute>(service, buffers, gate_, secrets_, accounts_);
  rest_ = std::make_unique<RealtimeRest>(service, secrets_, models_, clock_.unix_seconds());
  state_.store(State::serving, std::memory_order_release);
  if (grpc_ != nullptr) grpc_->set_serving(speech != nullptr || recognition != nullptr);
}

void Server::serve_speakers(SpeakerDesk& desk) {
  speakers_ = std::make_unique<SpeakerRoutes>(desk, gate_);
}

void Server::serve_devices(service::XiaozhiService& service) {
  devices_service_ = &service;
  devices_ = std::make_unique<XiaozhiRoute>(
      XiaozhiRoute::Surroundings{service, clock_, keys_, accounts_, gate_, scheme_ == "https://"});
}

void Server::serve_calls(service::CallService& service, service::OverheardCalls* overheard) {
  calls_service_ = &service;
  overheard_ = overheard;
  calls_ = std::make_unique<TwilioRoute>(TwilioRoute::Surroundings{
      service, overheard, keys_, accounts_, gate_, twilio_, scheme_ == "https://"});
}

void Server::report(std::string name, std::function<std::optional<std::string>()> trouble) {
  troubles_.emplace_back(std::move(name), std::move(trouble));
}

void Server::serve_speech(service::SpeechService& speech) {
  speech_ = std::make_unique<SpeechRoutes>(speech, gate_, speech_options_);
  speech_sockets_ = std::make_unique<SpeechSockets>(SpeechSockets::Surroundings{
      .service = speech,
      .keys = keys_,
      .accounts = accounts_,
      .gate = gate_,
      .lead = speech_options_.lead,
      .reader_timeout = speech_options_.reader_timeout,
  });
  grpc_speech_.serve(speech);
  eleven_labs_ = std::make_unique<ElevenLabsHttp>(
      ElevenLabsHttp::Surroundings{speech, gate_, keys_, accounts_, speech_options_, models_});
}

void Server::drain(Millis limit) {
  state_.store(State::draining, std::memory_order_release);
  grpc_speech_.drain();
  grpc_recognition_.drain();
  // Who is told that nothing is served any more finds it so.
  if (grpc_ != nullptr) grpc_->set_serving(false);
  if (service_ == nullptr) return;
  service_->drain();
  if (speech_service_ != nullptr) {
    speech_service_->drain();
    speech_sockets_->drain();
  }
  if (recognition_service_ != nullptr) {
    recognition_service_->drain(limit - std::min<Nanos>(limit / 4, kLastWords));
  }
  if (devices_service_ != nullptr) devices_service_->drain();
  if (calls_service_ != nullptr) calls_service_->drain();
  if (overheard_ != nullptr) overheard_->drain();
  // After those: whoever begins now is refused.
  gate_.idle().drain();
  if (!gate_.wait_until_empty(limit)) {
    log::warn("sessions are cut off", {{"count", service_->sessions()}});
  }
}

void Server::stop() {
  // Not started, if the port could not be had.
  if (grpc_ != nullptr) grpc_->stop(kStopGrace);
  for (const auto& port : ports_) port->stop(kStopGrace);
  if (wyoming_ != nullptr) wyoming_->stop(kStopGrace);
  if (listener_ != nullptr) listener_->stop(kStopGrace);
  if (transcriptions_ != nullptr) transcriptions_->stop();
  grpc_recognition_.stop();
}

std::string Server::url() const { return scheme_ + address(port()); }

std::optional<std::string> Server::grpc_address() const {
  if (grpc_ == nullptr) return std::nullopt;
  return address(grpc_->port());
}

std::vector<std::pair<std::string, std::string>> Server::protocol_addresses() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& port : ports_) all.emplace_back(port->protocol(), address(port->port()));
  if (wyoming_ != nullptr) all.emplace_back("Wyoming", address(wyoming_->port()));
  return all;
}

std::string Server::address(std::uint16_t port) const {
  const bool is_v6 = host_.find(':') != std::string::npos && !host_.starts_with('[');
  return (is_v6 ? "[" + host_ + "]" : host_) + ":" + std::to_string(port);
}

// --- requests -----------------------------------------------------------------------------------

std::optional<HttpResponse> Server::on_head(const HttpRequest& request) {
  const bool is_watch =
      request.path == "/healthz" || request.path == "/readyz" || request.path == "/metrics";
  if (!is_watch) {
    if (const auto refused = addresses_.take(request.remote))
      return too_many_requests(request, *refused);
  }
  if (!keys_.is_open()) return std::nullopt;
  // It comes from outside, by a name of its own, and shows by its signature whose it is.
  if (TwilioRoute::serves(request.path) && !twilio_.auth_token.empty()) return std::nullopt;
  if (const auto refusal = guard_.refusal(request)) return forbidden(request, *refusal);
  return std::nullopt;
}

transport::BodyDecision Server::admit_body(const HttpRequest& request) {
  if (!TranscriptionRoutes::serves(request.path) || request.method != "POST") return {};
  // Of who may not come in, or comes too early, nothing large is read.
  if (!keys_.is_open() && !keys_.find(request)) return unauthorized(request);
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return not_serving(request, "starting");
  if (state == State::draining) return not_serving(request, "shutting down");
  if (transcriptions_ == nullptr) return nothing_here();
  return transcriptions_->admit_body(request);
}

void Server::on_http(HttpRequest request, transport::HttpReply reply) {
  if (ConversationsRoute::serves(request.path)) {
    return serve_conversations(request, std::move(reply));
  }
  if (SpeakerRoutes::serves(request.path)) {
    return serve_speakers(std::move(request), std::move(reply));
  }
  if (RoomRoutes::serves(request.path)) return serve_rooms(request, std::move(reply));
  if (SpeechRoutes::serves(request.path)) return serve_speech(request, std::move(reply));
  if (TranscriptionRoutes::serves(request.path)) {
    return serve_transcription(std::move(request), std::move(reply));
  }
  if (XiaozhiRoute::serves(request.path)) return serve_device(request, std::move(reply));
  if (TwilioRoute::serves(request.path)) return serve_call(request, std::move(reply));
  if (ElevenLabsHttp::serves(request)) return serve_eleven_labs(request, std::move(reply));
  reply.send(respond(request));
}

void Server::serve_speakers(HttpRequest request, transport::HttpReply reply) {
  auto admitted = admit(request);
  if (auto* refused = std::get_if<HttpResponse>(&admitted)) return reply.send(std::move(*refused));
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return reply.send(not_serving(request, "starting"));
  if (state == State::draining) return reply.send(not_serving(request, "shutting down"));
  if (speakers_ == nullptr) {
    return reply.send(http_error(404, "invalid_request_error", "speakers_off",
                                 "This server tells no speakers apart (speakers.model is off)."));
  }
  SessionOwner& owner = std::get<SessionOwner>(admitted);
  speakers_->handle(std::move(request), {std::move(owner.name), accounts_.at(owner.account)},
                    std::move(reply));
}

void Server::serve_rooms(const HttpRequest& request, transport::HttpReply reply) {
  auto admitted = admit(request);
  if (auto* refused = std::get_if<HttpResponse>(&admitted)) return reply.send(std::move(*refused));
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return reply.send(not_serving(request, "starting"));
  if (rooms_ == nullptr) {
    return reply.send(http_error(404, "invalid_request_error", "rooms_off",
                                 "This server has no rooms (rooms.url is empty)."));
  }
  // While it drains, too: the rooms are LiveKit's, and stay.
  rooms_->handle(request, std::move(reply));
}

void Server::serve_speech(const HttpRequest& request, transport::HttpReply reply) {
  auto admitted = admit(request);
  if (auto* refused = std::get_if<HttpResponse>(&admitted)) return reply.send(std::move(*refused));
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return reply.send(not_serving(request, "starting"));
  if (state == State::draining) return reply.send(not_serving(request, "shutting down"));
  if (speech_ == nullptr) return reply.send(nothing_here());
  const std::size_t account = std::get<SessionOwner>(admitted).account;
  speech_->handle(request, {speech_owner(account, request.remote), accounts_.at(account)},
                  std::move(reply));
}

void Server::serve_transcription(HttpRequest request, transport::HttpReply reply) {
  auto admitted = admit(request);
  if (auto* refused = std::get_if<HttpResponse>(&admitted)) return reply.send(std::move(*refused));
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return reply.send(not_serving(request, "starting"));
  if (state == State::draining) return reply.send(not_serving(request, "shutting down"));
  if (transcriptions_ == nullptr) return reply.send(nothing_here());
  SessionOwner& owner = std::get<SessionOwner>(admitted);
  const std::uint64_t client = speech_owner(owner.account, request.remote);
  transcriptions_->handle(std::move(request), std::move(owner.name), accounts_.at(owner.account),
                          client, std::move(reply));
}

void Server::serve_device(const HttpRequest& request, transport::HttpReply reply) {
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return reply.send(not_serving(request, "starting"));
  if (state == State::draining) return reply.send(not_serving(request, "shutting down"));
  if (devices_ == nullptr) return reply.send(nothing_here());
  reply.send(XiaozhiRoute::is_socket(request.path) ? upgrade_required()
                                                   : devices_->respond(request));
}

void Server::serve_call(const HttpRequest& request, transport::HttpReply reply) {
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return reply.send(not_serving(request, "starting"));
  if (state == State::draining) return reply.send(not_serving(request, "shutting down"));
  if (calls_ == nullptr) return reply.send(nothing_here());
  reply.send(TwilioRoute::is_socket(request.path) ? upgrade_required() : calls_->respond(request));
}

void Server::serve_eleven_labs(const HttpRequest& request, transport::HttpReply reply) {
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return reply.send(not_serving(request, "starting"));
  if (state == State::draining) return reply.send(not_serving(request, "shutting down"));
  if (eleven_labs_ == nullptr) return reply.send(respond(request));
  eleven_labs_->handle(request, std::move(reply));
}

void Server::serve_conversations(const HttpRequest& request, transport::HttpReply reply) {
  auto admitted = admit(request);
  if (auto* refused = std::get_if<HttpResponse>(&admitted)) return reply.send(std::move(*refused));
  // While it drains, too: what was said can still be read.
  if (state_.load(std::memory_order_acquire) == State::starting) {
    return reply.send(not_serving(request, "starting"));
  }
  conversations_->handle(request, std::get<SessionOwner>(admitted).name, std::move(reply));
}

HttpResponse Server::respond(const HttpRequest& request) const {
  if (request.path == kRealtimePath || SpeechSockets::serves(request.path) ||
      RecognitionSockets::serves(request.path)) {
    return upgrade_required();
  }
  if (RealtimeRest::owns(request.path)) return respond_rest(request);
  if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET, HEAD");
  if (request.path == "/healthz") return health();
  if (request.path == "/readyz") return ready();
  if (request.path == "/metrics") {
    if (!keys_.admits(request)) return unauthorized(request);
    return {.status = 200,
            .content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = metrics_.render() + measured() + process_metrics_text(),
            .headers = {{"Cache-Control", "no-store"}}};
  }
  const std::string_view livekit = rooms_ == nullptr ? std::string_view() : rooms_->public_url();
  if (auto page = web_response(request, livekit)) return std::move(*page);
  return nothing_here();
}

std::variant<SessionOwner, HttpResponse> Server::admit(const HttpRequest& request) const {
  const std::optional<std::size_t> key = keys_.find(request);
  if (!keys_.is_open() && !key) return unauthorized(request);
  const std::size_t account = key ? KeyAccounts::of_key(*key) : KeyAccounts::kEverybody;
  if (const auto refused = accounts_.at(account)->take_request()) {
    return too_many_requests(request, *refused);
  }
  return SessionOwner{keys_.owner_of(request), account};
}

HttpResponse Server::respond_rest(const HttpRequest& request) const {
  auto admitted = admit(request);
  if (auto* refused = std::get_if<HttpResponse>(&admitted)) return std::move(*refused);
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return not_serving(request, "starting");
  if (state == State::draining) return not_serving(request, "shutting down");
  return rest_->respond(request, std::get<SessionOwner>(admitted));
}

HttpResponse Server::health() const {
  const State state = state_.load(std::memory_order_acquire);
  const std::string_view word = state == State::serving    ? "ok"
                                : state == State::starting ? "starting"
                                                           : "draining";
  std::string body = "{\"status\":\"" + std::string(word) + "\"";
  if (state != State::starting && store_ != nullptr) {
    // Sessions go on without it, so it does not make the server unhealthy.
    if (const std::optional<std::string> trouble = store_->trouble()) {
      body += ",\"store\":";
      json_text::append_string(body, *trouble, kTroubleBytesMax);
    }
  }
  if (state != State::starting) {
    for (const auto& [name, trouble_of] : troubles_) {
      const std::optional<std::string> trouble = trouble_of();
      if (!trouble) continue;
      body += ",\"" + name + "\":";
      json_text::append_string(body, *trouble, kTroubleBytesMax);
    }
  }
  return {.status = state == State::serving ? 200 : 503,
          .content_type = "application/json",
          .body = body + "}\n",
          .headers = {{"Cache-Control", "no-store"}}};
}

HttpResponse Server::ready() const {
  const State state = state_.load(std::memory_order_acquire);
  if (state != State::serving || recognition_service_ == nullptr) return health();
  return readiness(recognition_service_->load(), recognition_service_->refusal());
}

std::string Server::measured() const {
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting || recognition_service_ == nullptr) return {};
  const bool is_ready = state == State::serving && !recognition_service_->refusal();
  return load_metrics_text(recognition_service_->load(), is_ready);
}

std::optional<HttpResponse> Server::refuse_busy(const std::string& face) const {
  if (recognition_service_ == nullptr) return std::nullopt;
  const auto refused = recognition_service_->refusal(face);
  return refused ? std::optional(overloaded(*refused)) : std::nullopt;
}

void Server::on_done(const HttpRequest& request, const transport::HttpOutcome& outcome) {
  const std::string_view route = route_label(request.path);
  metrics_
      .counter("parley_http_requests_total", "HTTP requests that ended, by their status",
               {{"route", std::string(route)}, {"code", std::to_string(outcome.status)}})
      .add();
  // Somebody looks at the health every few seconds, and pages have many files.
  const bool is_work = route.starts_with("/v1/") || route.starts_with("/ws/") ||
                       route.starts_with("/twilio/") || route.starts_with("/xiaozhi/");
  const double ms = std::chrono::duration<double, std::milli>(outcome.took).count();
  log::write(is_work ? log::Level::info : log::Level::debug, "request",
             {{"request", request.id},
              {"method", request.method},
              {"path", request.path},
              {"status", outcome.status},
              {"whole", outcome.is_whole},
              {"ms", ms},
              {"remote", request.remote}});
}

transport::UpgradeDecision Server::on_upgrade(const HttpRequest& request) {
  const bool speaks = SpeechSockets::serves(request.path) && speech_service_ != nullptr;
  const bool listens = RecognitionSockets::serves(request.path) && recognition_service_ != nullptr;
  const bool is_device = XiaozhiRoute::is_socket(request.path) && devices_ != nullptr;
  const bool is_call = TwilioRoute::is_socket(request.path) && calls_ != nullptr;
  if (request.path != kRealtimePath && !speaks && !listens && !is_device && !is_call) {
    return http_error(404, "invalid_request_error", "not_found",
                      "There is no WebSocket at this path: use /v1/realtime, /ws/audio, "
                      "/v1/asr/stream, /xiaozhi/v1/ or /twilio/media.");
  }
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::starting) return not_serving(request, "starting");
  if (state == State::draining) return not_serving(request, "shutting down");
  if (listens) return recognition_sockets_->accept(request);
  if (is_device) {
    if (auto refused = refuse_busy("xiaozhi")) return std::move(*refused);
    return devices_->accept(request);
  }
  if (is_call) {
    if (auto refused = refuse_busy("twilio")) return std::move(*refused);
    return calls_->accept(request);
  }
  if (speaks) return speech_sockets_->accept(request);
  if (realtime_->is_transcription(request)) {
    if (auto refused = refuse_busy("realtime")) return std::move(*refused);
  }
  return realtime_->accept(request, keys_);
}

}  // namespace parley::server
