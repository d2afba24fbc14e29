// SPDX-License-Identifier: Apache-2.0
//
// Names the calling thread for `top -H`, debuggers and crash reports.
#pragma once

#include <cstddef>
#include <string>

namespace parley::exec {

/// Longest name that Linux keeps; the rest is cut.
inline constexpr std::size_t kThreadNameBytesMax = 15;

/// Threads: any; names the calling one.
void set_thread_name(const std::string& name);

}  // namespace parley::exec
