// SPDX-License-Identifier: Apache-2.0
//
// The options of a plugin's kind: from the map of a graph file to the values that `create` is
// given.
//
// Threads: immutable once made. Allocates: control path only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "graph/option_value.h"
#include "parley/plugin.h"

namespace parley::graph {

/// What `create` is given; the texts belong to it.
struct PluginValues {
  std::vector<parley_value> values;
  std::vector<std::string> texts;
};

[[nodiscard]] std::vector<OptionDescription> describe_options(
    std::span<const parley_option> options);

/// Errors: invalid_argument (an unknown name, a wrong type, out of range).
[[nodiscard]] Status check_plugin_option(std::span<const parley_option> options,
                                         std::string_view name, const OptionValue& value);
/// Likewise; what `map` lacks keeps its preset. REQUIRES: a checked descriptor.
[[nodiscard]] Result<PluginValues> read_plugin_options(std::span<const parley_option> options,
                                                       const OptionMap& map);

}  // namespace parley::graph
