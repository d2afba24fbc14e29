// SPDX-License-Identifier: Apache-2.0
//
// Rooms, over HTTP:
//
//   POST /v1/rooms/token      into a room: LiveKit's token endpoint (protocol/room/token_request.h)
//   GET  /v1/rooms            what this node's worker does
//   POST /v1/rooms/dispatch   an agent into a room: {"room":…,"agent_name":…,"metadata":…}
//
// Threads: any I/O loop; answers to /dispatch come on the HTTP client's thread.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/config.h"
#include "base/random.h"
#include "protocol/room/agent_dispatch.h"
#include "server/rooms/livekit_address.h"
#include "server/rooms/worker_socket.h"
#include "transport/client/http_client.h"
#include "transport/listener.h"

namespace parley::server {

class RoomRoutes {
 public:
  /// True for /v1/rooms and everything below it.
  [[nodiscard]] static bool serves(std::string_view path) noexcept;

  /// `worker` null: this process takes no jobs. All outlive every request.
  RoomRoutes(const Config::Rooms& settings, LiveKitAddress address, const WorkerSocket* worker,
             const Clock& clock);
  ~RoomRoutes();

  /// REQUIRES: serves(request.path).
  void handle(const transport::HttpRequest& request, transport::HttpReply reply);
  /// Where browsers find LiveKit.
  [[nodiscard]] const std::string& public_url() const noexcept { return address_.public_url; }

 private:
  [[nodiscard]] transport::HttpResponse mint(const transport::HttpRequest& request);
  void dispatch(const transport::HttpRequest& request, transport::HttpReply reply);
  [[nodiscard]] std::string chosen(std::string_view prefix);

  const Config::Rooms settings_;
  const LiveKitAddress address_;
  const WorkerSocket* const worker_;
  const Clock& clock_;
  std::mutex random_mutex_;  // held for a name
  Random random_;            // GUARDED_BY(random_mutex_)
  transport::HttpClient http_;
};

}  // namespace parley::server
