// SPDX-License-Identifier: Apache-2.0
//
// `parley bench streams`: the options, and the order of things (see bench_streams.h).
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

/// `bench`: the command whose sub-command it is.
void add_bench_streams_command(CLI::App& bench, int& status);

}  // namespace parley::cli
