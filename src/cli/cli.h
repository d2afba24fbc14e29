// SPDX-License-Identifier: Apache-2.0
//
// The command line of `parley`: finds the sub-command and runs it.
//
// A sub-command is one pair of files, <name>_command.{h,cpp}, with one function that declares its
// options on the root and leaves its exit status in `status` when it was chosen:
//
//   void add_serve_command(CLI::App& root, int& status);
//
// commands.cpp lists them in the order in which `parley --help` shows them.
// Exit status: 0 done, 1 failed (and said why on standard error), 2 wrong usage.
//
// Threads: main.
#pragma once

namespace CLI {
class App;
}

namespace parley::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

/// The whole program; returns its exit status.
[[nodiscard]] int run(int argc, const char* const* argv);

/// Adds every sub-command.
void add_commands(CLI::App& root, int& status);

}  // namespace parley::cli
