// SPDX-License-Identifier: Apache-2.0
//
// `parley worker`: agents for the rooms of a LiveKit server, until SIGTERM or SIGINT. Models are
// loaded before it registers; at the end each agent finishes what it is saying. A second signal
// ends it at once.
//
// Threads: main.
#pragma once

#include "service/dispatch/entry_point.h"

namespace CLI {
class App;
}

namespace parley::cli {

void add_worker_command(CLI::App& root, int& status);

/// The whole of a program that does the worker's jobs itself; its exit status. Options and settings
/// are those of `parley worker`.
[[nodiscard]] int run_worker(int argc, const char* const* argv, service::EntryPoint entry);

}  // namespace parley::cli
