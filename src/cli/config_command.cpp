// SPDX-License-Identifier: Apache-2.0
#include "cli/config_command.h"

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/config_schema.h"
#include "cli/cli.h"
#include "cli/config_options.h"

namespace parley::cli {
namespace {

struct Options {
  ConfigOptions config;
  bool markdown = false;
};

int print_config(const Options& options) {
  if (options.markdown) {
    std::fputs(config_markdown().c_str(), stdout);
    return kDone;
  }
  const Result<Config> config = options.config.load();
  if (!config) {
    std::fprintf(stderr, "parley config: %s\n", config.error().message.c_str());
    return kFailed;
  }
  std::fputs(config_listing(*config).c_str(), stdout);
  return kDone;
}

}  // namespace

void add_config_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand("config", "Print the configuration in force");
  options->config.add_to(*command);
  command->add_flag("--markdown", options->markdown, "Print docs/configuration.md instead");
  command->callback([options, &status] { status = print_config(*options); });
}

}  // namespace parley::cli
