// SPDX-License-Identifier: Apache-2.0
//
// Who does the jobs of a worker: the agents that there are, each in a room of its own.
//
// Threads: see service/dispatch/job_runner.h.
#pragma once

#include <memory>

#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "server/engine.h"
#include "service/dispatch/job_runner.h"

namespace parley::server {

/// What jobs share; all outlive the runner.
struct RoomJobsAround {
  const Config& config;
  Engine& engine;
  Metrics& metrics;
};

/// Errors: what keeps every job from running, such as a library that is missing.
[[nodiscard]] Result<std::unique_ptr<service::JobRunner>> make_room_jobs(
    const RoomJobsAround& around);

}  // namespace parley::server
