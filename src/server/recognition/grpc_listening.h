// SPDX-License-Identifier: Apache-2.0
//
// A gRPC call that is listened to: what our method and Riva's have in common. Audio goes straight
// from gRPC's loop into a recognition stream, and a call whose audio finds no room is not read
// until it does. Words go out from the stream's strand, straight into the call.
//
// Threads: as a GrpcSink (gRPC's loop).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/protocol_error.h"
#include "server/recognition/audio_feed.h"
#include "server/recognition/transcription_routes.h"
#include "server/session_gate.h"
#include "server/speech/open_sockets.h"
#include "service/realtime/allowance.h"
#include "service/recognition/recognition_service.h"
#include "transport/grpc/grpc_call.h"

namespace parley::server {

class GrpcListening : public transport::GrpcSink {
 public:
  /// All of it outlives every call.
  struct Place {
    service::RecognitionService& service;
    SessionGate& gate;
    OpenSockets& calls;
    const TranscriptionOptions& options;
  };
  struct Setup {
    std::string id;                       // of the call, in logs: req_…
    std::string face;                     // in metrics: "grpc"
    std::string owner;                    // whose speakers are told by name
    std::uint64_t client = 0;             // whose share of the recogniser it takes
    std::shared_ptr<KeyAccount> account;  // shared with the server's list; never null
    /// A place among the key's sessions, given back with this; null without limits.
    std::shared_ptr<service::Allowance> allowance;
  };

  GrpcListening(const Place& place, Setup setup);

  void on_open(std::shared_ptr<transport::GrpcCall> call) final;
  transport::Flow on_message(std::string_view bytes) final;
  void on_end_of_messages() final;
  transport::Flow on_resume() final;
  void on_wake() final;
  void on_close(transport::GrpcEnd end) final;

 protected:
  /// One message. Not called any more once the call has failed.
  virtual void hear(std::string_view bytes) = 0;
  /// The client sends no more.
  virtual void end() = 0;
  /// In the words of the protocol, where it has any: a packet was none, and the call goes on.
  virtual void complain(const std::string& trouble) = 0;
  /// The call is gone.
  virtual void leave() {}

  [[nodiscard]] const std::shared_ptr<transport::GrpcCall>& call() const { return call_; }
  [[nodiscard]] service::RecognitionService& service() const { return place_.service; }
  [[nodiscard]] const TranscriptionOptions& options() const { return place_.options; }
  [[nodiscard]] const Setup& setup() const { return setup_; }
  /// With the call's id, face and owner.
  [[nodiscard]] service::RecognitionRequest request() const;
  /// False when the call has failed by it: the recogniser does not. `path`: of the field.
  bool knows(const std::string& language, const char* path);
  /// False when the call has failed by it.
  bool listen(service::RecognitionRequest request, SampleKind kind,
              std::shared_ptr<service::RecognitionSink> sink);
  [[nodiscard]] bool is_listening() const noexcept { return feed_.is_open(); }
  [[nodiscard]] service::RecognitionStream& stream() { return feed_.stream(); }
  /// REQUIRES: is_listening().
  void append(std::span<const std::byte> bytes);
  /// The server may go down without it: something else than the stream works for the call.
  void work_elsewhere() noexcept { is_elsewhere_ = true; }
  void fail(transport::GrpcStatus status);
  void fail(const protocol::ProtocolError& error);
  /// Nothing more goes out.
  void cancel();

 private:
  const SessionGate::Pass pass_;  // first: given back when the call is gone
  const Place place_;
  const Setup setup_;
  std::shared_ptr<transport::GrpcCall> call_;  // shared: the stream sends through it, too
  std::optional<OpenSockets::Place> open_;
  AudioFeed feed_;
  transport::Flow flow_ = transport::Flow::more;
  bool is_over_ = false;  // nothing is heard any more
  bool is_elsewhere_ = false;
};

/// How a call ends whose stream has ended so; nothing: it has ended by itself, or was cancelled.
/// `service` says when to come again.
[[nodiscard]] std::optional<transport::GrpcStatus> grpc_end_of(
    const Status& status, const service::RecognitionService& service);

/// RecognizeStream of our own service (proto/parley/recognition/v1/recognition.proto).
class RecognizeStreamCall final : public GrpcListening {
 public:
  using GrpcListening::GrpcListening;

 private:
  void hear(std::string_view bytes) override;
  void end() override;
  void complain(const std::string& trouble) override;

  bool is_configured_ = false;
  bool is_finished_ = false;
};

}  // namespace parley::server
