// SPDX-License-Identifier: Apache-2.0
//
// The server: one port, its routes, who may use them, and an orderly end.
//
//   GET /v1/realtime   the Realtime API over WebSocket     (key, where keys are on)
//   POST /v1/realtime/…, GET /v1/models   see realtime_rest.h   (key, where keys are on)
//   GET /metrics       Prometheus text                     (key, where keys are on)
//   /v1/audio/…        text to speech: speech/speech_routes.h (key, where keys are on)
//   POST /v1/audio/transcriptions, …   recognition/transcription_routes.h (key, likewise)
//   /ws/audio, …       the same over WebSocket: speech/speech_sockets.h (key, likewise)
//   /v1/text-to-speech/…, /v1/voices   speech/eleven_labs_http.h (key, likewise)
//   /v1/speakers…      who speaks: speakers/speaker_routes.h (key, where keys are on)
//   /v1/rooms…         rooms of LiveKit: rooms/room_routes.h (key, where keys are on)
//   /v1/conversations  what is kept: conversations_route.h (key, where keys are on)
//   /twilio/…          telephone calls: twilio/twilio_route.h (signed)
//   /xiaozhi/…         devices: xiaozhi/xiaozhi_route.h  (key, where keys are on)
//   GET /healthz       200 ok, 503 starting or draining    (always open)
//   GET /readyz        200 if one more stream of recognition would be let in, 503 (always open)
//   GET /…             the console, from web/
//
// And gRPC on a port of its own, where `ports.grpc` says so: speech/grpc_speech.h,
// recognition/grpc_recognition.h.
//
//   auto server = Server::start(config, metrics);    // the port is ours; /healthz says "starting"
//   … load models …
//   (*server)->serve(service, buffers);              // sessions are accepted
//   (*server)->drain(std::chrono::seconds(10));      // sessions end when their replies have
//   (*server)->stop();
//
// Threads: start, serve, drain and stop one owner; the rest is called by I/O loops.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "media/buffer_pool.h"
#include "server/address_limits.h"
#include "server/api_keys.h"
#include "server/client_secrets.h"
#include "server/conversations_route.h"
#include "server/host_guard.h"
#include "server/realtime_rest.h"
#include "server/realtime_route.h"
#include "server/recognition/grpc_recognition.h"
#include "server/recognition/protocol_port.h"
#include "server/recognition/recognition_sockets.h"
#include "server/recognition/transcription_routes.h"
#include "server/recognition/wyoming_port.h"
#include "server/recognition/wyoming_socket.h"
#include "server/rooms/room_routes.h"
#include "server/session_gate.h"
#include "server/speakers/speaker_routes.h"
#include "server/speech/eleven_labs_http.h"
#include "server/speech/grpc_speech.h"
#include "server/speech/speech_routes.h"
#include "server/speech/speech_sockets.h"
#include "server/twilio/twilio_route.h"
#include "server/xiaozhi/xiaozhi_route.h"
#include "service/realtime/realtime_service.h"
#include "service/recognition/recognition_service.h"
#include "service/speech/speech_service.h"
#include "service/twilio/call_service.h"
#include "service/twilio/overheard_calls.h"
#include "service/xiaozhi/xiaozhi_service.h"
#include "transport/grpc/grpc_server.h"
#include "transport/listener.h"

namespace parley::server {

class Server final : private transport::ListenerHandler {
 public:
  /// Errors: already_exists when the port is taken; permission_denied when `server.host` can be
  /// reached by other machines and there are no keys; what the listener says.
  /// `metrics` must outlive the server.
  static Result<std::unique_ptr<Server>> start(const Config& config, Metrics& metrics);
  ~Server() override;

  /// Sessions are accepted from now on; all must outlive the server. `store` may be null: nothing
  /// is kept; `speech` and `recognition`, too: that service is not there.
  void serve(service::RealtimeService& service, media::BufferPool& buffers,
             store::ConversationStore* store = nullptr, service::SpeechService* speech = nullptr,
             service::RecognitionService* recognition = nullptr);
  /// `/v1/speakers` is served; the desk outlives the end of the server's port. REQUIRES: before
  /// `serve`.
  void serve_speakers(SpeakerDesk& desk);
  /// And devices. REQUIRES: before `serve`; it outlives the server.
  void serve_devices(service::XiaozhiService& service);
  /// And telephone calls. REQUIRES: before `serve`; both outlive the server. `overheard` may be
  /// null: nobody would get the words of a call that is only listened to.
  void serve_calls(service::CallService& service, service::OverheardCalls* overheard = nullptr);
  /// And rooms. REQUIRES: before `serve`; the routes outlive the end of the server's port.
  void serve_rooms(RoomRoutes& rooms) { rooms_ = &rooms; }
  /// /healthz says under `name` what `trouble` says, as long as it says anything: of a part that
  /// the server can do without. REQUIRES: before `serve`; what it asks outlives the server's end.
  void report(std::string name, std::function<std::optional<std::string>()> trouble);
  /// Refuses new sessions and waits, at most `limit`, until those that run have ended by
  /// themselves, which each does as soon as no reply is running.
  void drain(Millis limit);
  /// Closes the port and what is still open. Idempotent.
  void stop();

  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  /// "http://127.0.0.1:8080", or https:// under TLS.
  [[nodiscard]] std::string url() const;
  /// "127.0.0.1:50051"; nothing when there is no gRPC port.
  [[nodiscard]] std::optional<std::string> grpc_address() const;
  /// Protocols with ports of their own, and these: {"Vosk", "127.0.0.1:2700"}.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> protocol_addresses() const;

 private:
  enum class State : std::uint8_t { starting, serving, draining };
  using AcceptRecognition =
      transport::UpgradeDecision (RecognitionSockets::*)(const transport::HttpRequest&);

  Server(const Config& config, ApiKeys keys, Metrics& metrics);
  Status listen(const Config& config);
  Status listen_to_grpc(const Config& config);
  Status listen_to_protocols(const Config& config);
  /// A protocol that has a port of its own, unless `port` is -1. `setting` names the port.
  Status listen_to_protocol(const Config& config, int port, const char* setting,
                            std::string protocol, AcceptRecognition accept);
  Status listen_to_wyoming(const Config& config);
  [[nodiscard]] std::unique_ptr<transport::ConnectionSink> accept_wyoming(
      const std::string& remote);
  [[nodiscard]] transport::ListenerOptions listener_options(const Config& config, int port) const;
  [[nodiscard]] std::string address(std::uint16_t port) const;
  std::optional<transport::HttpResponse> on_head(const transport::HttpRequest& request) override;
  transport::BodyDecision admit_body(const transport::HttpRequest& request) override;
  void on_http(transport::HttpRequest request, transport::HttpReply reply) override;
  transport::UpgradeDecision on_upgrade(const transport::HttpRequest& request) override;
  void on_done(const transport::HttpRequest& request,
               const transport::HttpOutcome& outcome) override;
  void serve_conversations(const transport::HttpRequest& request, transport::HttpReply reply);
  void serve_speakers(transport::HttpRequest request, transport::HttpReply reply);
  void serve_rooms(const transport::HttpRequest& request, transport::HttpReply reply);
  void serve_speech(service::SpeechService& speech);
  void serve_speech(const transport::HttpRequest& request, transport::HttpReply reply);
  void serve_transcription(transport::HttpRequest request, transport::HttpReply reply);
  void serve_device(const transport::HttpRequest& request, transport::HttpReply reply);
  void serve_call(const transport::HttpRequest& request, transport::HttpReply reply);
  void serve_eleven_labs(const transport::HttpRequest& request, transport::HttpReply reply);
  [[nodiscard]] transport::HttpResponse respond(const transport::HttpRequest& request) const;
  /// Who asks for what needs a key; or the answer to one that has none, or has used it up.
  [[nodiscard]] std::variant<SessionOwner, transport::HttpResponse> admit(
      const transport::HttpRequest& request) const;
  /// What the API has beside its socket.
  [[nodiscard]] transport::HttpResponse respond_rest(const transport::HttpRequest& request) const;
  [[nodiscard]] transport::HttpResponse health() const;
  [[nodiscard]] transport::HttpResponse ready() const;
  [[nodiscard]] std::string measured() const;
  /// The answer to one who would be listened to and for whom there is no time.
  [[nodiscard]] std::optional<transport::HttpResponse> refuse_busy(const std::string& face) const;

  const std::string host_;
  const std::string scheme_;  // "http://", or "https://" under TLS
  const std::vector<std::string> models_;
  const SpeechRouteOptions speech_options_;
  const TranscriptionOptions transcription_options_;
  Metrics& metrics_;
  const ApiKeys keys_;
  const HostGuard guard_;
  const SteadyClock clock_;
  AddressLimits addresses_;
  const KeyAccounts accounts_;
  ClientSecrets secrets_;
  SessionGate gate_;
  std::atomic<State> state_{State::starting};
  // Written once, before `serving` is published through state_.
  service::RealtimeService* service_ = nullptr;
  std::unique_ptr<RealtimeRoute> realtime_;
  std::unique_ptr<RealtimeRest> rest_;
  store::ConversationStore* store_ = nullptr;
  std::vector<std::pair<std::string, std::function<std::optional<std::string>()>>> troubles_;
  std::unique_ptr<ConversationsRoute> conversations_;
  service::SpeechService* speech_service_ = nullptr;
  service::RecognitionService* recognition_service_ = nullptr;
  std::unique_ptr<RecognitionSockets> recognition_sockets_;
  std::unique_ptr<TranscriptionRoutes> transcriptions_;
  std::unique_ptr<SpeakerRoutes> speakers_;  // null: nobody is told apart
  RoomRoutes* rooms_ = nullptr;              // null: there are none
  service::XiaozhiService* devices_service_ = nullptr;
  std::unique_ptr<XiaozhiRoute> devices_;  // null: there are none
  service::CallService* calls_service_ = nullptr;
  service::OverheardCalls* overheard_ = nullptr;
  std::unique_ptr<TwilioRoute> calls_;  // null: there are none
  // Null: there is no speech service.
  std::unique_ptr<SpeechRoutes> speech_;
  std::unique_ptr<SpeechSockets> speech_sockets_;
  std::unique_ptr<ElevenLabsHttp> eleven_labs_;
  GrpcSpeech grpc_speech_;
  GrpcRecognition grpc_recognition_;
  std::unique_ptr<transport::GrpcServer> grpc_;  // null: there is no such port
  std::vector<std::unique_ptr<ProtocolPort>> ports_;
  const Config::Twilio twilio_;
  const std::string wyoming_key_;
  const protocol::WyomingInfo wyoming_info_;
  std::unique_ptr<WyomingSocket::Place> wyoming_place_;  // null: there is no recognition
  std::unique_ptr<WyomingPort> wyoming_;                 // null: there is no such port
  std::unique_ptr<transport::Listener> listener_;  // last, with those: their loops call the others
};

}  // namespace parley::server
