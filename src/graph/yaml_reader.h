// SPDX-License-Identifier: Apache-2.0
//
// Reading YAML strictly: every mistake has a line, every key is known or refused with the nearest,
// nothing is given twice, and a scalar is of the kind that it looks like (YAML 1.2, core schema).
//
// Threads: one owner. Allocates.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "base/result.h"
#include "graph/option_value.h"

namespace parley::graph {

/// What a plain (unquoted) scalar means: true, 12, 0.5, or else a text.
[[nodiscard]] OptionValue plain_scalar(std::string_view text);

class YamlReader {
 public:
  explicit YamlReader(std::string file) : file_(std::move(file)) {}

  /// From 1; what is not in the file (an empty one) counts as its first line.
  [[nodiscard]] static int line_of(const YAML::Node& node) {
    return std::max(node.Mark().line + 1, 1);
  }
  /// `file:line: message`
  [[nodiscard]] Error wrong(int line, const std::string& message) const;

  using Entry = std::function<Status(const std::string& key, int line, const YAML::Node& value)>;
  /// Calls `entry` for each key of a map, in their order. `keys`: those that may be there; empty:
  /// any. `what` names the map in messages: "node 'vad'".
  Status for_each(const YAML::Node& map, const std::string& what,
                  const std::vector<std::string>& keys, const Entry& entry) const;

  /// `what` names the value in messages: "node 'vad': operator".
  Result<std::string> text(const YAML::Node& node, const std::string& what) const;
  Result<std::int64_t> whole(const YAML::Node& node, const std::string& what, std::int64_t min,
                             std::int64_t max) const;
  /// A scalar, or a list of scalars, which becomes a text with commas.
  Result<OptionValue> option(const YAML::Node& node, const std::string& what) const;

 private:
  Result<OptionValue> scalar(const YAML::Node& node, const std::string& what,
                             std::string_view wanted) const;
  std::string file_;
};

}  // namespace parley::graph
