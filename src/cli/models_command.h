// SPDX-License-Identifier: Apache-2.0
//
// `parley models`: the models on this machine and in the catalogue.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_models_command(CLI::App& root, int& status);

}  // namespace parley::cli
