// SPDX-License-Identifier: Apache-2.0
//
// `--config FILE` and `--set key=value` of every command that reads the configuration.
//
// Threads: one owner.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/result.h"

namespace CLI {
class App;
}

namespace parley::cli {

/// Must live until the command line has been parsed: CLI11 writes into it.
class ConfigOptions {
 public:
  void add_to(CLI::App& command);
  /// For a command whose own things can be set, too: takes those of --set that `is_own` says yes
  /// to.
  [[nodiscard]] std::vector<std::string> take_sets(
      const std::function<bool(std::string_view)>& is_own);

  /// Everything but `flags`, which are the command's own and win over the rest. Without --config,
  /// ./parley.yaml is read where there is one. `defaults`: what the command starts from. Also sets
  /// the level of the log.
  [[nodiscard]] Result<Config> load(std::vector<ConfigSources::Override> flags = {},
                                    const Config& defaults = {}) const;

  /// The same options, for another `parley` that shall have them.
  [[nodiscard]] std::vector<std::string> arguments() const;

 private:
  std::string file_;
  std::vector<std::string> sets_;
};

}  // namespace parley::cli
