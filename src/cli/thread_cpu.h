// SPDX-License-Identifier: Apache-2.0
//
// What has been used so far: CPU time of this process's threads by name and of the machine, and
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

/// What the whole machine has used, this process included.
[[nodiscard]] Nanos machine_cpu();

/// Resident memory, bytes.
[[nodiscard]] std::uint64_t resident_bytes();

}  // namespace parley::cli
