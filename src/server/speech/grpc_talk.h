// SPDX-License-Identifier: Apache-2.0
//
// A gRPC call that speaks: what our methods and Riva's have in common. Messages come in on gRPC's
// loop and go into a stream's feed; audio goes out from the stream's strand, straight into the
// call.
//
// A call whose text cannot be spoken as fast as it comes is not read for a while; one that does not
// read its audio makes the stream wait, and is aborted when it has waited too long.
//
// Threads: as a GrpcSink (gRPC's loop).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "protocol/protocol_error.h"
#include "protocol/speech/socket_message.h"
#include "server/session_gate.h"
#include "server/speech/grpc_speech_sink.h"
#include "server/speech/open_sockets.h"
#include "server/speech/speech_feed.h"
#include "service/realtime/allowance.h"
#include "transport/grpc/grpc_call.h"

namespace parley::server {

/// Text of a call that no stream has taken yet. Policy when full: the call is not read.
inline constexpr std::size_t kGrpcTextWaitingBytesMax = 64U << 10U;

class GrpcTalk : public transport::GrpcSink {
 public:
  /// All of it outlives every call.
  struct Place {
    service::SpeechService& service;
    SessionGate& gate;
    OpenSockets& calls;
  };
  struct Setup {
    std::string id = {};                            // of the call, in logs: req_…
    std::string face = {};                          // in metrics: "grpc"
    std::uint64_t owner = 0;                        // whose share of the voice it takes
    std::shared_ptr<KeyAccount> account = nullptr;  // shared with the server's list; never null
    /// A place among the key's sessions, given back with this; null without limits.
    std::shared_ptr<service::Allowance> allowance = nullptr;
    Millis lead{120'000};  // at most this far ahead of playing; 0: no limit
    Millis reader_timeout{30'000};
    std::size_t characters_max = 10'000;  // of a text that is spoken as one answer
  };

  GrpcTalk(const Place& place, Setup setup);

  void on_open(std::shared_ptr<transport::GrpcCall> call) final;
  transport::Flow on_message(std::string_view bytes) final;
  void on_end_of_messages() final;
  transport::Flow on_resume() final { return flow(); }
  void on_wake() final;
  void on_writable() final { feed_.resume(); }
  void on_close(transport::GrpcEnd end) final;

 protected:
  /// One message. Not called any more once the call has failed, or the server shuts down.
  virtual void hear(std::string_view bytes) = 0;
  /// The client sends no more.
  virtual void end() = 0;

  [[nodiscard]] std::size_t characters_max() const { return setup_.characters_max; }
  [[nodiscard]] const std::shared_ptr<transport::GrpcCall>& call() const { return call_; }
  [[nodiscard]] SpeechFeed& feed() { return feed_; }
  /// False when the call has failed by it.
  bool start(const protocol::Speak& speak, std::shared_ptr<GrpcSpeechSink> sink);
  /// Text for the stream; false when the call has failed by it.
  bool say(std::string text);
  /// The encoder of a format; null when the call has failed by it.
  std::unique_ptr<codec::AudioEncoder> encoder_of(const protocol::OutputFormat& format);
  void fail(transport::GrpcStatus status);
  void fail(const protocol::ProtocolError& error);
  /// Nothing more goes out.
  void cancel();

 private:
  [[nodiscard]] transport::Flow flow();

  const SessionGate::Pass pass_;  // first: given back when the call is gone
  const Place place_;
  const Setup setup_;
  std::shared_ptr<transport::GrpcCall> call_;  // shared: the stream sends through it, too
  std::optional<OpenSockets::Place> open_;
  std::shared_ptr<GrpcSpeechSink> sink_;  // shared with the stream
  SpeechFeed feed_;                       // after the sink: it is cancelled first
  bool is_over_ = false;                  // nothing is heard any more
  bool is_paused_ = false;
};

}  // namespace parley::server
