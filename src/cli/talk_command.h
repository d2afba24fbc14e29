// SPDX-License-Identifier: Apache-2.0
//
// `parley talk`: a conversation on this machine, by microphone and speaker or from file to file.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_talk_command(CLI::App& root, int& status);

}  // namespace parley::cli
