// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_command.h"

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/doctor.h"

namespace parley::cli {
namespace {

struct Options {
  ConfigOptions config;
  bool json = false;
  bool quick = false;
};

Result<int> examine(const Options& options) {
  PARLEY_TRY(const Config config, options.config.load());
  log::set_level(log::Level::error);  // what matters is in the findings
  PARLEY_TRY(std::vector<CatalogueModel> catalogue, parse_model_catalogue(catalogue_text()));
  const ModelStore store(models_root(config), std::move(catalogue));
  bool is_well = true;
  const auto tell = [&](const Findings& findings) {
    print_findings(findings, options.json, std::cout);
    if (has_problem(findings)) is_well = false;
  };
  tell(check_machine(this_machine()));
  tell(check_models(config, store));
  tell(check_speakers(config, store));
  tell(check_asr(config));
  tell(check_llm(config));
  tell(check_phonemizer(config));
  tell(check_port(config));
  tell(check_audio_devices());
  if (!options.quick) tell(check_conversation(config));
  return is_well ? kDone : kFailed;
}

}  // namespace

void add_doctor_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      root.add_subcommand("doctor", "Check this machine: models, port, sound, a spoken turn");
  command->add_flag("--json", options->json, "A JSON object for each finding");
  command->add_flag("--quick", options->quick, "Leave out the spoken turn");
  options->config.add_to(*command);
  command->callback([options, &status] {
    const Result<int> done = examine(*options);
    if (!done) std::cerr << "parley doctor: " << done.error().message << '\n';
    status = done ? *done : kFailed;
  });
}

}  // namespace parley::cli
