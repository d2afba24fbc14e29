// SPDX-License-Identifier: Apache-2.0
//
// One gRPC call as its user sees it: messages as bytes, in both directions, then a status.
// `GrpcCall` is the way out, and any thread may use it; `GrpcSink` is the way in, called on the
// server's loop only. What a message means nobody here knows, and one call is like another: a unary
// one has one message each way.
//
// Out: one message at a time is written; the rest waits in a queue that is bounded in bytes. Past
// `queue_bytes_soft` a send still succeeds but says `backpressure`: hold back until `on_writable`.
// In: a sink that cannot take more answers `Flow::wait`; nothing is read until `resume()`, and
// HTTP/2 slows the peer down.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exec/strand.h"
#include "transport/connection.h"
#include "transport/http/http_message.h"

namespace parley::transport {

/// gRPC's status codes, with their numbers on the wire (grpc.github.io, statuscodes).
enum class GrpcCode : std::uint8_t {
  ok = 0,
  cancelled = 1,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

struct GrpcStatus {
  GrpcCode code = GrpcCode::ok;
  std::string message;       // UTF-8
  HttpFields trailers = {};  // metadata sent with it; lower-case names
};

/// What is known of a call before its first message.
struct GrpcRequest {
  std::string service;  // "parley.speech.v1.SpeechSynthesis"
  std::string method;   // "Synthesize"
  HttpFields metadata;  // lower-case names
  std::string remote;   // "127.0.0.1:54321"
  std::string id;       // see request_id.h; the call's initial metadata says it as `x-request-id`
};

/// Threads: any. Never blocks. Outlives the call: what is sent after its end is dropped.
class GrpcCall {
 public:
  virtual ~GrpcCall() = default;
  virtual SendResult send(std::string message) = 0;
  /// What was sent before still goes out, then the status. The first call counts.
  virtual void finish(GrpcStatus status) = 0;
  /// Ends now, whatever waits; the peer sees CANCELLED. For a peer that does not read.
  virtual void abort() = 0;
  /// Reading goes on after a sink said `Flow::wait`.
  virtual void resume() = 0;
  /// Whoever holds it can have on_wake called.
  [[nodiscard]] virtual exec::Waker waker() const = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
};

enum class GrpcEnd : std::uint8_t {
  finished,   // the status was sent
  cancelled,  // by the peer, by its deadline, by its connection's end, by abort()
};

/// Threads: the server's loop. Must return quickly: other calls wait.
class GrpcSink {
 public:
  virtual ~GrpcSink() = default;
  /// Once, first. Keep the call as long as you like; it outlives its stream.
  virtual void on_open(std::shared_ptr<GrpcCall> call) = 0;
  /// The view ends with the call.
  [[nodiscard]] virtual Flow on_message(std::string_view bytes) = 0;
  /// The peer sends no more messages; it may still read.
  virtual void on_end_of_messages() = 0;
  /// After `Flow::wait` and `resume()`: what was held back can go in now. `wait` waits again.
  [[nodiscard]] virtual Flow on_resume() { return Flow::more; }
  /// Somebody woke the call; also after anything else that happened.
  virtual void on_wake() {}
  /// After `SendResult::backpressure`: half of the soft limit is free again.
  virtual void on_writable() {}
  /// Once, last, after on_open; the sink is destroyed next.
  virtual void on_close(GrpcEnd end) = 0;
};

using GrpcDecision = std::variant<std::unique_ptr<GrpcSink>, GrpcStatus>;

/// Threads: gRPC's own, several at a time.
class GrpcHandler {
 public:
  virtual ~GrpcHandler() = default;
  /// Who serves the call, or how it ends at once.
  virtual GrpcDecision on_call(const GrpcRequest& request) = 0;
};

/// A service by name. All its methods are served by the same handler.
struct GrpcService {
  std::string name;                  // "parley.speech.v1.SpeechSynthesis"
  std::vector<std::string> methods;  // "Synthesize"
  GrpcHandler* handler = nullptr;    // outlives the server
};

}  // namespace parley::transport
