// SPDX-License-Identifier: Apache-2.0
//
// Shared objects with operators: reads one and puts its kinds into a registry.
//
//   PARLEY_TRY(const PluginInfo info, load_plugin(registry, pool, "libacme.so"));
//   PARLEY_TRY(auto op, registry.make("acme_gain", {{"gain_db", 6.0}}));
//
// The library is first loaded in a child process, so that one which crashes, exits or hangs is
// refused (child_process.h). A library that was loaded is never unloaded: nobody can know whether
// code of it still runs on a thread of its own.
//
// Threads: a control path, before the registry is used by others. Allocates.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "graph/registry.h"
#include "media/buffer_pool.h"
#include "parley/plugin.h"

namespace parley::graph {

struct PluginOptions {
  Millis probe_timeout{10'000};  // for loading it in the child
};

struct PluginInfo {
  std::string name;
  std::string version;
  std::vector<std::string> kinds;  // in the order of its table
};

/// Adds all kinds of the plugin or none. `pool` outlives the operators that are made.
/// Errors, all beginning with `plugin '<path>': `: not_found (no such file), invalid_argument (not
/// a library, no entry, a wrong table), failed_precondition (another ABI), already_exists (a kind
/// that the registry has), internal (it crashed or exited), deadline_exceeded (it hung).
[[nodiscard]] Result<PluginInfo> load_plugin(Registry& registry, media::BufferPool& pool,
                                             const std::filesystem::path& path,
                                             PluginOptions options = {});

/// The library in this process, without a child before: its table, checked. For children.
[[nodiscard]] Result<const parley_plugin*> open_plugin(const std::filesystem::path& path);

}  // namespace parley::graph
