// SPDX-License-Identifier: Apache-2.0
#include "cli/models_command.h"

#include <functional>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/models.h"

namespace parley::cli {
namespace {

struct Options {
  ConfigOptions config;
  bool json = false;
  std::vector<std::string> names;
  PullOptions pull;
};

int with_store(const Options& options, const std::function<int(const ModelStore&)>& use) {
  const auto fail = [](const Error& error) {
    std::cerr << "parley models: " << error.message << '\n';
    return kFailed;
  };
  const Result<Config> config = options.config.load();
  if (!config) return fail(config.error());
  Result<std::vector<CatalogueModel>> catalogue = parse_model_catalogue(catalogue_text());
  if (!catalogue) return fail(catalogue.error());
  return use(ModelStore(models_root(*config), std::move(*catalogue)));
}

}  // namespace

void add_models_command(CLI::App& root, int& status) {
  // Shared with the callbacks, which outlive this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand("models", "List, verify, remove and fetch models");
  command->require_subcommand(0, 1);
  command->fallthrough();
  options->config.add_to(*command);
  command->add_flag("--json", options->json, "list: a JSON object for each model");
  command->callback([command, options, &status] {
    if (!command->get_subcommands().empty()) return;
    status = with_store(*options, [&](const ModelStore& store) {
      return list_models(store, options->json, std::cout);
    });
  });

  command->add_subcommand("list", "What there is (the same without a word)")
      ->callback([options, &status] {
        status = with_store(*options, [&](const ModelStore& store) {
          return list_models(store, options->json, std::cout);
        });
      });

  CLI::App* verify = command->add_subcommand("verify", "Read every byte and compare the hashes");
  verify->add_option("NAME", options->names, "Models; none: all that are there")->type_name("");
  verify->callback([options, &status] {
    status = with_store(*options, [&](const ModelStore& store) {
      return verify_models(store, options->names, std::cout, std::cerr);
    });
  });

  CLI::App* remove = command->add_subcommand("remove", "Delete models from the disk");
  remove->add_option("NAME", options->names, "Models")->required()->type_name("");
  remove->callback([options, &status] {
    status = with_store(*options, [&](const ModelStore& store) {
      return remove_models(store, options->names, std::cout, std::cerr);
    });
  });

  CLI::App* pull =
      command->add_subcommand("pull", "Fetch a model; goes on where it was broken off");
  pull->add_option("NAME|URL", options->pull.what, "A name of the catalogue, or a file's address")
      ->required()
      ->type_name("");
  pull->add_option("--sha256", options->pull.sha256, "What the file of a URL must have")
      ->type_name("HEX");
  pull->add_option("--name", options->pull.name, "URL: what the model is to be called");
  pull->callback([options, &status] {
    status = with_store(*options, [&](const ModelStore& store) {
      return pull_model(store, options->pull, std::cout, std::cerr);
    });
  });
}

}  // namespace parley::cli
