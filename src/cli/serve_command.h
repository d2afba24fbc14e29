// SPDX-License-Identifier: Apache-2.0
//
// `parley serve`: the server, until SIGTERM or SIGINT. Running replies are finished first; a second
// signal ends it at once.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_serve_command(CLI::App& root, int& status);

}  // namespace parley::cli
