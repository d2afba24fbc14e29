// SPDX-License-Identifier: Apache-2.0
//
// `parley config`: what is in force, or with --markdown the documentation of every key.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_config_command(CLI::App& root, int& status);

}  // namespace parley::cli
