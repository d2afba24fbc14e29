// SPDX-License-Identifier: Apache-2.0
//
// What our worker does, as JSON: for GET /v1/rooms, and for GET /worker of `parley worker`, which
// is as the workers of LiveKit's own SDK have it. Threads: any (pure).
#pragma once

#include <string>

#include "base/config.h"
#include "service/dispatch/agent_worker.h"

namespace parley::server {

/// {"object":"room.worker","state":"registered",…}. `report` null: this process takes no jobs.
[[nodiscard]] std::string rooms_json(const Config::Rooms& settings,
                                     const service::WorkerReport* report);
/// {"agent_name":…,"worker_type":"JT_ROOM","active_jobs":…,"worker_load":…,"protocol_version":1,…}
[[nodiscard]] std::string sdk_worker_json(const Config::Rooms& settings,
                                          const service::WorkerReport& report);
/// 200 while registered, else 503; the body says why.
struct WorkerHealth {
  bool is_well = false;
  std::string body;
};
[[nodiscard]] WorkerHealth worker_health(const service::WorkerReport& report);

}  // namespace parley::server
