// SPDX-License-Identifier: Apache-2.0
#include "cli/run_command.h"

#include <iostream>
#include <map>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/run_graph.h"

namespace parley::cli {
namespace {

struct Options {
  ConfigOptions config;
  RunGraphOptions run;
};

Result<int> load_and_run(Options& options) {
  PARLEY_TRY(graph::GraphFile file, graph::read_graph_file(options.run.path));
  const auto is_of_node = [&](std::string_view set) {
    const std::string_view id = set.substr(0, set.find('.'));
    for (const graph::GraphFile::Node& node : file.nodes) {
      if (node.id == id) return true;
    }
    return false;
  };
  for (const std::string& set : options.config.take_sets(is_of_node)) {
    PARLEY_TRY_STATUS(graph::set_option(file, set));
  }
  if (options.run.check) return check_graph(file, options.run, std::cout);
  if (options.run.dot) return draw_graph(file, options.run, std::cout);
  PARLEY_TRY(const Config config, options.config.load());
  return run_graph(file, options.run, config, std::cout, std::cerr);
}

void add_profile_options(CLI::App& command, RunGraphOptions& run) {
  // A flag with a value: --profile alone takes no word after it.
  CLI::Option* profile =
      command.add_flag("--profile{table}", run.profile,
                       "When it is over: where the time went, as a table, as `--profile=json`, or "
                       "as `--profile=trace` for chrome://tracing; on standard error");
  profile->transform(
      CLI::CheckedTransformer(std::map<std::string, ProfileForm>{{"table", ProfileForm::table},
                                                                 {"json", ProfileForm::json},
                                                                 {"trace", ProfileForm::trace}})
          .description(""));
  profile->excludes("--check", "--dot");
  command.add_option("--profile-to", run.profile_to, "A file for the profile")
      ->needs(profile)
      ->type_name("");
}

}  // namespace

void add_run_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand(
      "run",
      "Run a graph file until its sources end, or until Ctrl-C. What comes out is printed: a line "
      "`output<tab>seconds<tab>what it is` for each frame. --set NODE.OPTION=VALUE changes an "
      "option of a node");
  command->add_option("GRAPH", options->run.path, "YAML, see docs/engine/graph-file.md")
      ->required()
      ->type_name("");
  command
      ->add_option("--plugin", options->run.plugins,
                   "A shared object with operators, docs/engine/plugins.md; may be repeated")
      ->type_name("")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  CLI::Option* check = command->add_flag("--check", options->run.check,
                                         "Only say whether the graph is right; loads no model");
  command->add_flag("--dot", options->run.dot, "Only print it as text for Graphviz")
      ->excludes(check);
  command->add_flag("--fast", options->run.fast,
                    "In virtual time, in one thread: the same output each time");
  add_profile_options(*command, options->run);
  options->config.add_to(*command);
  command->callback([options, &status] {
    const Result<int> done = load_and_run(*options);
    if (!done) std::cerr << "parley run: " << done.error().message << '\n';
    status = done ? *done : kFailed;
  });
}

}  // namespace parley::cli
