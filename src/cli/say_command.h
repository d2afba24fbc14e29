// SPDX-License-Identifier: Apache-2.0
//
// `parley say TEXT -o FILE`: a text as a WAV file.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_say_command(CLI::App& root, int& status);

}  // namespace parley::cli
