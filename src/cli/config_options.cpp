// SPDX-License-Identifier: Apache-2.0
#include "cli/config_options.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/log.h"

namespace parley::cli {
namespace {

constexpr const char* kDefaultFile = "parley.yaml";

log::Level level_of(const std::string& name) {
  if (name == "debug") return log::Level::debug;
  if (name == "warn") return log::Level::warn;
  if (name == "error") return log::Level::error;
  if (name == "off") return log::Level::off;
  return log::Level::info;
}

}  // namespace

void ConfigOptions::add_to(CLI::App& command) {
  command.add_option("--config", file_, "YAML file (default: ./parley.yaml, if there is one)")
      ->type_name("FILE");
  command
      .add_option(
          "--set", sets_,
          "Set one key of the configuration; may be repeated. docs/configuration.md has all")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)  // what follows a value may be a command's argument
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

std::vector<std::string> ConfigOptions::take_sets(
    const std::function<bool(std::string_view)>& is_own) {
  std::vector<std::string> own;
  std::vector<std::string> rest;
  for (std::string& set : sets_) (is_own(set) ? own : rest).push_back(std::move(set));
  sets_ = std::move(rest);
  return own;
}

Result<Config> ConfigOptions::load(std::vector<ConfigSources::Override> flags,
                                   const Config& defaults) const {
  ConfigSources sources;
  sources.defaults = defaults;
  sources.environment = process_environment();
  sources.file = file_;
  std::error_code ignored;
  if (file_.empty() && std::filesystem::exists(kDefaultFile, ignored)) sources.file = kDefaultFile;
  for (const std::string& argument : sets_) {
    PARLEY_TRY(ConfigSources::Override item, parse_set_argument(argument));
    sources.overrides.push_back(std::move(item));
  }
  for (ConfigSources::Override& flag : flags) sources.overrides.push_back(std::move(flag));
  PARLEY_TRY(Config config, load_config(sources));
  log::set_level(level_of(config.log.level));
  return config;
}

std::vector<std::string> ConfigOptions::arguments() const {
  std::vector<std::string> arguments;
  if (!file_.empty()) arguments.insert(arguments.end(), {"--config", file_});
  for (const std::string& set : sets_) arguments.insert(arguments.end(), {"--set", set});
  return arguments;
}

}  // namespace parley::cli
