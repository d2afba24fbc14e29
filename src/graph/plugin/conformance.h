// SPDX-License-Identifier: Apache-2.0
//
// Does a plugin keep the promises of parley/plugin.h? Each of its kinds is made, opened, fed, held
// up, interrupted and closed, in child processes, so that a plugin that crashes or hangs is told of
// and nothing else happens. `parley plugin check` is this.
//
// Threads: a control path. Allocates; takes as long as the plugin does.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "graph/option_value.h"

namespace parley::graph {

struct ConformanceOptions {
  Millis timeout{30'000};  // for each kind
  // By kind: what its options are, where the presets are not enough (the path of a model).
  std::map<std::string, OptionMap, std::less<>> options = {};
};

struct ConformanceReport {
  struct Check {
    std::string kind;     // empty: about the plugin as a whole
    std::string what;     // "waits for room"
    std::string finding;  // what was wrong; empty: nothing
  };
  std::string name;  // of the plugin; empty when it could not be loaded
  std::string version;
  std::vector<Check> checks;
  [[nodiscard]] std::size_t findings() const;
};

[[nodiscard]] ConformanceReport check_conformance(const std::filesystem::path& path,
                                                  const ConformanceOptions& options = {});

}  // namespace parley::graph
