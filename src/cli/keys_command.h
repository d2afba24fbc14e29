// SPDX-License-Identifier: Apache-2.0
//
// `parley keys`: who may use a server, in the file that `server.keys_file` names.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_keys_command(CLI::App& root, int& status);

}  // namespace parley::cli
