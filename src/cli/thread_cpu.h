// SPDX-License-Identifier: Apache-2.0
//
// What has been used so far: CPU time of this process's threads by name, of other processes, and
// memory. From /proc.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"

namespace parley::cli {

/// CPU time by thread name; threads of one name, and those that differ only in a number at the end
/// (parley-worker-0, -1), add up. Threads that have ended are not in it.
[[nodiscard]] std::map<std::string, Nanos> thread_cpu();

/// CPU time of every thread of other processes, kernel threads among them, by process and thread
/// number. From the scheduler's own times: those of /proc/stat are sampled at clock ticks, with
/// which our timers keep step, and tell half a core too much.
[[nodiscard]] std::map<std::string, Nanos> other_processes_cpu();
/// What those of `after` used since `before`; what ended in between is not in it.
[[nodiscard]] Nanos used_between(const std::map<std::string, Nanos>& before,
                                 const std::map<std::string, Nanos>& after);

/// Resident memory, bytes.
[[nodiscard]] std::uint64_t resident_bytes();

}  // namespace parley::cli
