// SPDX-License-Identifier: Apache-2.0
//
// `parley run GRAPH`: runs a graph file, or checks or draws it.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_run_command(CLI::App& root, int& status);

}  // namespace parley::cli
