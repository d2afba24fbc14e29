// SPDX-License-Identifier: Apache-2.0
//
// Is the table that a plugin returned one that can be used? Everything in it is looked at: names,
// counts, ports, options and their presets, functions that must be there.
//
// What no check can find is a pointer to nowhere: that crashes, which is why the table is read in a
// child process first (child_process.h).
//
// Threads: any (a pure function).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "parley/plugin.h"

namespace parley::graph {

inline constexpr std::uint32_t kPluginOperatorsMax = 256;
inline constexpr std::uint32_t kPluginEntriesMax = 64;  // inputs, outputs or options of one kind
inline constexpr std::size_t kPluginNameMax = 63;       // bytes
inline constexpr std::size_t kPluginTextMax = 4096;     // bytes of a summary, help or preset
inline constexpr std::uint32_t kPluginPortCapacityMax = 65'536;  // frames

/// Errors: failed_precondition (another ABI), invalid_argument; the message names kind and field.
[[nodiscard]] Status check_plugin(const parley_plugin* plugin);

}  // namespace parley::graph
