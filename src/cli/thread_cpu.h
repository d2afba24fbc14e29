// SPDX-License-Identifier: Apache-2.0
//
// What this process has used so far: CPU time of its threads by name, and memory. From /proc.
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

/// Resident memory, bytes.
[[nodiscard]] std::uint64_t resident_bytes();

}  // namespace parley::cli
