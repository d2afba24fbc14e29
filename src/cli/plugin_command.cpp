// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_command.h"

#include <cstdint>
#include <iostream>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "cli/cli.h"
#include "graph/plugin/conformance.h"
#include "graph/yaml_reader.h"

namespace parley::cli {
namespace {

/// "kind.option=value" into `options`. False for what is no such thing.
bool read_set(std::string_view set, graph::ConformanceOptions& options) {
  const std::size_t equals = set.find('=');
  const std::size_t dot = set.substr(0, equals).find('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos) return false;
  const std::string kind(set.substr(0, dot));
  const std::string option(set.substr(dot + 1, equals - dot - 1));
  options.options[kind][option] = graph::plain_scalar(set.substr(equals + 1));
  return !kind.empty() && !option.empty();
}

void print(const graph::ConformanceReport& report, std::ostream& out) {
  if (!report.name.empty()) out << "plugin " << report.name << ' ' << report.version << '\n';
  for (const graph::ConformanceReport::Check& check : report.checks) {
    out << (check.finding.empty() ? "ok    " : "WRONG ");
    if (!check.kind.empty()) out << check.kind << ' ';
    out << check.what;
    if (!check.finding.empty()) out << ": " << check.finding;
    out << '\n';
  }
  const std::size_t findings = report.findings();
  if (findings == 0) {
    out << report.checks.size() << " checks, nothing wrong\n";
  } else {
    out << findings << " of " << report.checks.size() << " checks found something wrong\n";
  }
}

}  // namespace

int check_plugin_file(const PluginCheckOptions& options, std::ostream& out, std::ostream& err) {
  graph::ConformanceOptions conformance{.timeout = options.timeout};
  for (const std::string& set : options.sets) {
    if (read_set(set, conformance)) continue;
    err << "parley plugin check: --set " << set << ": give KIND.OPTION=VALUE\n";
    return kWrongUsage;
  }
  const graph::ConformanceReport report = graph::check_conformance(options.path, conformance);
  print(report, out);
  return report.findings() == 0 ? kDone : kFailed;
}

void add_plugin_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<PluginCheckOptions>();
  const auto timeout_s = std::make_shared<std::int64_t>(30);
  CLI::App* command = root.add_subcommand("plugin", "Operators in shared objects");
  command->require_subcommand(1);
  CLI::App* check = command->add_subcommand(
      "check",
      "Make, feed, hold up, interrupt and close each kind of a plugin, in a child process");
  check->add_option("FILE", options->path, "The shared object")->required()->type_name("");
  check->add_option("--set", options->sets, "KIND.OPTION=VALUE, where the presets are not enough")
      ->type_name("");
  check->add_option("--timeout", *timeout_s, "Seconds for each kind, from 1 to 3600")
      ->check(CLI::Range(1, 3600))
      ->type_name("");
  check->callback([options, timeout_s, &status] {
    options->timeout = std::chrono::seconds(*timeout_s);
    status = check_plugin_file(*options, std::cout, std::cerr);
  });
}

}  // namespace parley::cli
