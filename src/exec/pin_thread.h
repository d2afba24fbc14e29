// SPDX-License-Identifier: Apache-2.0
//
// Keeps a thread on cores of its own (those of a ResourceLease). Threads: any; pins the calling
// one.
#pragma once

#include <span>

namespace parley::exec {

/// False when the machine refuses (a core that is not there): the thread then runs anywhere.
/// No cores: nothing is done.
bool pin_thread(std::span<const int> cores) noexcept;

}  // namespace parley::exec
