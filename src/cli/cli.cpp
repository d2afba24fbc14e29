// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/edit_distance.h"

namespace parley::cli {
namespace {

/// CLI11 says of a mistyped command only that it did not expect it.
std::string nearest_command(const CLI::App& root, std::string_view name) {
  std::string nearest;
  std::size_t smallest = 0;
  for (const CLI::App* command : root.get_subcommands({})) {
    const std::size_t distance = edit_distance(name, command->get_name());
    if (nearest.empty() || distance < smallest) {
      smallest = distance;
      nearest = command->get_name();
    }
  }
  return nearest;
}

bool is_command(const CLI::App& root, std::string_view name) {
  for (const CLI::App* command : root.get_subcommands({})) {
    if (command->get_name() == name) return true;
  }
  return false;
}

int parse_and_run(int argc, const char* const* argv) {
  CLI::App root("Real-time voice agents: speech in, speech out.", "parley");
  root.set_version_flag("--version", std::string("parley ") + PARLEY_VERSION);
  root.require_subcommand(1);
  root.set_help_all_flag("--help-all", "Help of all commands");
  int status = kDone;
  add_commands(root, status);

  if (argc > 1) {
    const std::string_view first = argv[1];
    if (!first.starts_with('-') && !is_command(root, first)) {
      std::fprintf(stderr, "parley: there is no command '%s'; the nearest is '%s'\n", argv[1],
                   nearest_command(root, first).c_str());
      return kWrongUsage;
    }
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return root.exit(failure) == 0 ? kDone : kWrongUsage;
  }
  return status;
}

}  // namespace

int run(int argc, const char* const* argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "parley: %s\n", failure.what());
    return kFailed;
  }
}

}  // namespace parley::cli
