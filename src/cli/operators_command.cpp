// SPDX-License-Identifier: Apache-2.0
#include "cli/operators_command.h"

#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/cli.h"
#include "cli/graph_operators.h"
#include "cli/operators_text.h"

namespace parley::cli {
namespace {

struct Options {
  std::string kind;
  bool markdown = false;
};

int print_operators(const Options& options) {
  const DescribedOperators operators;
  if (options.markdown) {
    std::cout << operators_markdown(operators.registry());
    return kDone;
  }
  if (options.kind.empty()) {
    std::cout << operators_listing(operators.registry());
    return kDone;
  }
  const Result<std::string> details = operator_details(operators.registry(), options.kind);
  if (!details) {
    std::cerr << "parley operators: " << details.error().message << '\n';
    return kFailed;
  }
  std::cout << *details;
  return kDone;
}

}  // namespace

void add_operators_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand(
      "operators",
      "List the kinds of operators that graph files may name, or one with its options");
  command->add_option("KIND", options->kind, "Print this one, with ports and options")
      ->type_name("");
  command->add_flag("--markdown", options->markdown, "Print docs/engine/operators.md instead");
  command->callback([options, &status] { status = print_operators(*options); });
}

}  // namespace parley::cli
