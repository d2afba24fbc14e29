// SPDX-License-Identifier: Apache-2.0
//
// `parley plugin check FILE.so`: loads a plugin and tries whether it keeps its promises.
//
// Threads: main.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "base/clock.h"

namespace CLI {
class App;
}

namespace parley::cli {

struct PluginCheckOptions {
  std::string path = {};
  std::vector<std::string> sets = {};  // "kind.option=value"
  Millis timeout{30'000};              // for each kind
};

/// A line for each check, findings with their reason. Status: done, or failed when there is one.
[[nodiscard]] int check_plugin_file(const PluginCheckOptions& options, std::ostream& out,
                                    std::ostream& err);

void add_plugin_command(CLI::App& root, int& status);

}  // namespace parley::cli
