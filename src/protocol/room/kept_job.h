// SPDX-License-Identifier: Apache-2.0
//
// A job that runs, as text that another worker can go on with: what LiveKit asked for, and how the
// agent is called in its room.
//
// Threads: any (pure).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/room/job.h"

namespace parley::protocol {

/// Workers that a job can have had, one after the other.
inline constexpr int kJobTurnsMax = 1'000'000;

struct KeptJob {
  Job job{};
  std::string identity{};  // of the agent in its room
  std::string name{};      // that it is shown by
  int turn = 1;            // counts the agents that have had the job at once with another
};

[[nodiscard]] std::string to_json(const KeptJob& kept);
/// Errors: data_corrupt, naming the field.
[[nodiscard]] Result<KeptJob> parse_kept_job(std::string_view text);

/// What the next agent of the job is called while this one is still there.
[[nodiscard]] std::string next_identity(const KeptJob& kept);

}  // namespace parley::protocol
