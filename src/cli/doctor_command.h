// SPDX-License-Identifier: Apache-2.0
//
// `parley doctor`: whether everything that `parley serve` needs is there and works.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_doctor_command(CLI::App& root, int& status);

}  // namespace parley::cli
