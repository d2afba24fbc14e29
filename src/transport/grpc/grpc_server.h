// SPDX-License-Identifier: Apache-2.0
//
// The port that speaks gRPC. gRPC's own types stay in this folder: services are named, and calls
// carry bytes. Reflection and health checking (grpc.health.v1) are always served.
//
//   class Speech : public GrpcHandler { … };
//   auto server = GrpcServer::start({.port = 0}, {{"parley.speech.v1.SpeechSynthesis",
//                                                  {"Synthesize"}, &speech}}, metrics);
//   (*server)->set_serving(true);   // until then health says NOT_SERVING
//
// Limits are named in GrpcOptions; each that was reached has a counter in the metrics, except those
// that gRPC itself enforces (message_bytes_max, metadata_bytes_max, connection_calls_max).
//
// Threads: start, stop and destruction one owner; the rest any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "transport/grpc/grpc_call.h"

namespace parley::transport {

struct GrpcOptions {
  std::string host = "127.0.0.1";  // an address or a name; the first address of a name is taken
  std::uint16_t port = 0;          // 0: a free one
  /// PEM files: a certificate with its chain, and its key. Both or neither.
  std::string tls_certificate;
  std::string tls_key;

  std::size_t connections_max = 4096;  // further ones are closed
  /// Likewise, from one address (IPv6: from one network of 64 bits). 0: any number.
  std::size_t connections_per_address_max = 0;
  std::size_t calls_max = 4096;            // at one time; further ones end with RESOURCE_EXHAUSTED
  std::size_t connection_calls_max = 256;  // on one connection; further ones wait at the client
  std::size_t message_bytes_max = 4U << 20U;    // of a peer's; RESOURCE_EXHAUSTED
  std::size_t metadata_bytes_max = 16U << 10U;  // of a call; RESOURCE_EXHAUSTED
  std::size_t memory_bytes_max = 256U << 20U;   // of gRPC's buffers; then it reads more slowly
  std::size_t queue_bytes_soft = 256U << 10U;   // of messages that wait in one call
  std::size_t queue_bytes_hard = 16U << 20U;    // a send that finds more waiting aborts the call
  Millis handshake_timeout{10'000};             // TLS and HTTP/2 settings
  Millis idle_timeout{600'000};                 // a connection without calls
  Millis keep_alive_interval{20'000};           // a ping on a silent connection
  Millis keep_alive_timeout{20'000};            // for its answer; then the connection is cut
};

class GrpcServer {
 public:
  /// Errors: already_exists (the port is taken), permission_denied, invalid_argument (the address,
  /// the certificate or its key), internal. `metrics` must outlive the server.
  static Result<std::unique_ptr<GrpcServer>> start(const GrpcOptions& options,
                                                   const std::vector<GrpcService>& services,
                                                   Metrics& metrics);
  virtual ~GrpcServer() = default;

  /// What health checks are told. Calls come to their handlers in any case.
  virtual void set_serving(bool is_serving) = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::size_t connections() const = 0;
  [[nodiscard]] virtual std::size_t calls() const = 0;
  /// Closes the port; calls that have not ended within `grace` are cancelled. Returns when every
  /// sink is gone. Called by the destructor, too. Not from a sink.
  virtual void stop(Millis grace) = 0;
};

}  // namespace parley::transport
