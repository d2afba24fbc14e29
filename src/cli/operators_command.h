// SPDX-License-Identifier: Apache-2.0
//
// `parley operators [KIND]`: the kinds of operators that graph files may name.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_operators_command(CLI::App& root, int& status);

}  // namespace parley::cli
