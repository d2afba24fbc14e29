// SPDX-License-Identifier: Apache-2.0
//
// `parley bench talk`: how long users wait for an answer, over real sockets, in real time.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

void add_bench_command(CLI::App& root, int& status);

}  // namespace parley::cli
