// SPDX-License-Identifier: Apache-2.0
//
// `parley transcribe FILE…`: what recordings say.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_transcribe_command(CLI::App& root, int& status);

}  // namespace parley::cli
