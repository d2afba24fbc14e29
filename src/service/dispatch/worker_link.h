// SPDX-License-Identifier: Apache-2.0
//
// What a worker needs of its way to LiveKit; the server fills it in (server/rooms/worker_socket.h).
//
// Threads: called on the worker's thread, except `wake`. Each call returns at once and must not
// call the worker.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/room/worker_message.h"

namespace parley::service {

/// Why there is no connection.
struct LinkLoss {
  enum class Why : std::uint8_t {
    unreachable,  // no connection, or it broke
    refused,      // the server answered with `status` instead of opening the socket
    closed,       // the server closed it
  };
  Why why = Why::unreachable;
  int status = 0;
  std::string message;  // what the server, or the system, says
};

class WorkerLink {
 public:
  virtual ~WorkerLink() = default;
  /// AgentWorker::on_open or on_lost follows, later.
  virtual void connect() = 0;
  virtual void send(protocol::WorkerMessage message) = 0;
  /// What was sent before still goes out; nothing is told any more of this connection.
  virtual void close() = 0;
  /// From any thread, at once: AgentWorker::poll shall be called soon, on the worker's.
  virtual void wake() = 0;
};

}  // namespace parley::service
