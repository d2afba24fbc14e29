// SPDX-License-Identifier: Apache-2.0
#include "cli/keys_command.h"

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/keys.h"
#include "server/key_limit_fields.h"
#include "server/key_place.h"

namespace parley::cli {
namespace {

struct Options {
  ConfigOptions config;
  server::KeyPlace place;
  std::string name;
  std::string expires = "never";
  std::map<std::string, std::string> limits;  // by name; empty: not said
  bool json = false;
};

int with_place(const Options& options, const std::function<Status(const server::KeyPlace&)>& use) {
  const auto fail = [](const Error& error) {
    std::cerr << "parley keys: " << error.message << '\n';
    return kFailed;
  };
  server::KeyPlace place = options.place;
  if (place.file.empty() && place.url.empty()) {
    const Result<Config> config = options.config.load();
    if (!config) return fail(config.error());
    place = {.file = config->server.keys_file, .url = config->server.keys_url};
  }
  if (place.file.empty() == place.url.empty()) {
    return fail({ErrorCode::invalid_argument,
                 "which keys? Set server.keys_file or server.keys_url, or say --file or --url"});
  }
  const Status done = use(place);
  return done ? kDone : fail(done.error());
}

/// "--characters-per-day" of characters_per_day.
std::string option_name(std::string_view limit) {
  std::string name = "--" + std::string(limit);
  std::ranges::replace(name, '_', '-');
  return name;
}

void add_create(CLI::App& command, const std::shared_ptr<Options>& options, int& status) {
  CLI::App* create = command.add_subcommand("create", "Make a key and print it, this once");
  create->add_option("NAME", options->name, "What it is called in logs and metrics")
      ->required()
      ->type_name("");
  create
      ->add_option("--expires", options->expires,
                   "never; 90d, 12h or 30m from now; or a date such as 2027-01-31")
      ->type_name("WHEN");
  for (const server::KeyLimitField& field : server::key_limit_fields()) {
    create
        ->add_option(option_name(field.name), options->limits[std::string(field.name)],
                     "Limit: " + std::string(field.doc) + "; 0: none. Not said: as limits.*")
        ->type_name("N");
  }
  create->callback([options, &status] {
    NewKey key{options->name, options->expires, {}};
    for (const server::KeyLimitField& field : server::key_limit_fields()) {
      const std::string& value = options->limits[std::string(field.name)];
      if (!value.empty()) key.limits.emplace_back(field.name, value);
    }
    status = with_place(*options, [&](const server::KeyPlace& place) {
      return create_key(place, key, SteadyClock(), std::cout, std::cerr);
    });
  });
}

}  // namespace

void add_keys_command(CLI::App& root, int& status) {
  // Shared with the callbacks, which outlive this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand("keys", "Make, list and revoke keys of a server");
  command->require_subcommand(1);
  command->fallthrough();
  options->config.add_to(*command);
  command->add_option("--file", options->place.file, "The keys' file (server.keys_file)");
  command->add_option("--url", options->place.url, "Redis server of shared keys (server.keys_url)");
  add_create(*command, options, status);

  CLI::App* list = command->add_subcommand("list", "All keys, without the keys themselves");
  list->add_flag("--json", options->json, "A JSON object for each key, as in the file");
  list->callback([options, &status] {
    status = with_place(*options, [&](const server::KeyPlace& place) {
      return list_keys(place, options->json, SteadyClock(), std::cout);
    });
  });

  CLI::App* show = command->add_subcommand("show", "What is known of one key");
  show->add_option("NAME", options->name, "Its name")->required()->type_name("");
  show->callback([options, &status] {
    status = with_place(*options, [&](const server::KeyPlace& place) {
      return show_key(place, options->name, SteadyClock(), std::cout);
    });
  });

  CLI::App* revoke = command->add_subcommand("revoke", "Let a key open nothing any more");
  revoke->add_option("NAME", options->name, "Its name")->required()->type_name("");
  revoke->callback([options, &status] {
    status = with_place(*options, [&](const server::KeyPlace& place) {
      return revoke_key(place, options->name, SteadyClock(), std::cerr);
    });
  });
}

}  // namespace parley::cli
