// SPDX-License-Identifier: Apache-2.0
#include "exec/pin_thread.h"

#include <sched.h>

namespace parley::exec {

bool pin_thread(std::span<const int> cores) noexcept {
  if (cores.empty()) return true;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) {
    if (core < 0 || core >= CPU_SETSIZE) return false;
    CPU_SET(static_cast<std::size_t>(core), &set);
  }
  return ::sched_setaffinity(0, sizeof(set), &set) == 0;
}

}  // namespace parley::exec
