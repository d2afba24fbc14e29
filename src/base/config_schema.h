// SPDX-License-Identifier: Apache-2.0
//
// One row for each key of Config: its place, its limits, its meaning. Type and default are those of
// the member, so they cannot disagree with it.
//
// Threads: any (the table is immutable).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/config.h"

namespace parley {

/// Where a value lives. Lists are written `a, b` on one line and as YAML sequences in files.
using ConfigSlot = std::variant<bool*, int*, double*, std::string*, std::vector<std::string>*>;

struct ConfigKey {
  std::string_view name;  // `section.key` or `section.part.key`, lower case
  ConfigSlot (*slot)(Config& config);
  std::string_view doc;  // one sentence, units included
  double min = 0;        // numbers, inclusive
  double max = 0;
  std::span<const std::string_view> choices = {};  // strings; empty: any text
  bool is_secret = false;                          // never printed
  bool takes_mappings = false;                     // lists: in a file an item may be a mapping
};

[[nodiscard]] std::span<const ConfigKey> config_keys();

/// nullptr when there is no such key.
[[nodiscard]] const ConfigKey* find_config_key(std::string_view name);

/// The key that is the fewest edits away.
[[nodiscard]] const ConfigKey& nearest_config_key(std::string_view name);

/// `PARLEY_SERVER_PORT` for `server.port`.
[[nodiscard]] std::string environment_name(std::string_view key);

/// Reads `text` into the key's place. The error does not say where the text came from; the caller
/// adds that.
[[nodiscard]] Status set_config_value(Config& config, const ConfigKey& key, std::string_view text);

/// The value as `set_config_value` reads it.
[[nodiscard]] std::string config_value_text(const Config& config, const ConfigKey& key);

/// "a whole number from 0 to 65535"
[[nodiscard]] std::string config_expectation(const ConfigKey& key);

/// The whole of docs/configuration.md.
[[nodiscard]] std::string config_markdown();

/// `key: value` lines of what is in force, secrets as `(set)`.
[[nodiscard]] std::string config_listing(const Config& config);

}  // namespace parley
