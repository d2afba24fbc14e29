// SPDX-License-Identifier: Apache-2.0
//
// What `parley run` does with a graph file that was read. Results go to `out`; what goes wrong
// while it runs, and a profile that has no file of its own, to `err`. An operator that stalls is
// named in the log while it does.
//
// Threads: main.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "graph/graph_file.h"

namespace parley::cli {

enum class ProfileForm : std::uint8_t { none, table, json, trace };

struct RunGraphOptions {
  std::string path = {};
  std::vector<std::string> plugins = {};  // shared objects whose kinds the graph may name
  bool check = false;
  bool dot = false;
  bool fast = false;  // in virtual time
  ProfileForm profile = ProfileForm::none;
  std::string profile_to = {};  // a file; empty: `err`
};

/// One line about the graph, or the error. No model is loaded.
[[nodiscard]] Result<int> check_graph(const graph::GraphFile& file, const RunGraphOptions& options,
                                      std::ostream& out);
[[nodiscard]] Result<int> draw_graph(const graph::GraphFile& file, const RunGraphOptions& options,
                                     std::ostream& out);

/// Until the sources have ended and the graph is quiet, or until SIGINT or SIGTERM. Errors: those
/// of the models that the graph needs, of the graph, and what made it fail.
[[nodiscard]] Result<int> run_graph(const graph::GraphFile& file, const RunGraphOptions& options,
                                    const Config& config, std::ostream& out, std::ostream& err);

}  // namespace parley::cli
