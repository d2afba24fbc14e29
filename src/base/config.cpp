// SPDX-License-Identifier: Apache-2.0
//
// The layers of the configuration, and the only place that knows yaml-cpp.
#include "base/config.h"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include "base/config_schema.h"
#include "base/edit_distance.h"
#include "base/log.h"

namespace parley {
namespace {

constexpr std::string_view kEnvironmentPrefix = "PARLEY_";
constexpr std::size_t kFileBytesMax = 1U << 20U;
/// A variable this close to a key's name is taken for a slip of the pen. Others are left alone:
/// orchestrators inject names of their own, such as PARLEY_SERVICE_HOST.
constexpr std::size_t kTypoDistanceMax = 2;

Error unknown_key(std::string_view name) {
  return {ErrorCode::invalid_argument, "unknown key '" + std::string(name) + "'; the nearest is '" +
                                           std::string(nearest_config_key(name).name) + "'"};
}

bool is_section(std::string_view name) {
  for (const ConfigKey& key : config_keys()) {
    if (key.name.starts_with(name) && key.name.substr(name.size()).starts_with('.')) return true;
  }
  return false;
}

Status apply(Config& config, std::string_view key, std::string_view text, std::string_view origin) {
  const ConfigKey* row = find_config_key(key);
  if (row == nullptr) return unknown_key(key).with_context(origin);
  if (const Status set = set_config_value(config, *row, text); !set) {
    return set.error().with_context(origin);
  }
  return {};
}

/// Walks one YAML document and sets what it names.
class YamlReader {
 public:
  YamlReader(Config& config, std::string file) : config_(config), file_(std::move(file)) {}

  Status read(const YAML::Node& node, const std::string& path) {
    for (const auto& member : node) {
      const std::string name = member.first.as<std::string>("");
      const std::string key = path.empty() ? name : path + "." + name;
      const std::string where = origin(member.first);
      if (member.second.IsMap()) {
        // An unknown section is reported by its first key: that says best what was meant.
        if (!is_section(key) && member.second.size() == 0) {
          return unknown_key(key).with_context(where);
        }
        PARLEY_TRY_STATUS(read(member.second, key));
      } else {
        PARLEY_TRY_STATUS(read_value(key, member.second, where));
      }
    }
    return {};
  }

 private:
  Status read_value(const std::string& key, const YAML::Node& value, const std::string& where) {
    if (is_section(key)) {
      // `server:` with nothing below it is an empty section, as people leave behind.
      if (value.IsNull()) return {};
      return Error{ErrorCode::invalid_argument,
                   where + ": '" + key + "' is a section: write its keys below it, indented"};
    }
    const ConfigKey* row = find_config_key(key);
    if (row == nullptr) return unknown_key(key).with_context(where);
    if (!seen_.insert(key).second) {
      return Error{ErrorCode::invalid_argument, where + ": '" + key + "' is set twice"};
    }
    if (value.IsNull()) return {};
    if (value.IsSequence()) return read_list(*row, value, where);
    return apply(config_, key, value.Scalar(), where);
  }

  Status read_list(const ConfigKey& row, const YAML::Node& value, const std::string& where) {
    const ConfigSlot slot = row.slot(config_);
    auto* const* list = std::get_if<std::vector<std::string>*>(&slot);
    if (list == nullptr) {
      return Error{ErrorCode::invalid_argument, where + ": " + std::string(row.name) +
                                                    " = (a list): expected " +
                                                    config_expectation(row)};
    }
    // Items go in as they are: in a file a comma needs no rule of ours.
    (*list)->clear();
    for (const auto& item : value) {
      if (item.IsMap() && row.takes_mappings) {
        PARLEY_TRY(std::string fields, fields_of(item, row, where));
        (*list)->push_back(std::move(fields));
        continue;
      }
      if (!item.IsScalar()) {
        return Error{ErrorCode::invalid_argument,
                     where + ": " + std::string(row.name) + ": every item must be plain text"};
      }
      (*list)->push_back(item.Scalar());
    }
    return {};
  }

  /// `{name: a, size: 3}` is the same as `name=a size=3`.
  static Result<std::string> fields_of(const YAML::Node& item, const ConfigKey& row,
                                       const std::string& where) {
    std::string fields;
    for (const auto& field : item) {
      const std::string value = field.second.IsScalar() ? field.second.Scalar() : " ";
      if (value.find(' ') != std::string::npos) {
        return Error{ErrorCode::invalid_argument, where + ": " + std::string(row.name) + ": '" +
                                                      field.first.as<std::string>("") +
                                                      "' must be one word or number"};
      }
      fields += (fields.empty() ? "" : " ") + field.first.as<std::string>("") + "=" + value;
    }
    return fields;
  }

  [[nodiscard]] std::string origin(const YAML::Node& node) const {
    return file_ + ":" + std::to_string(node.Mark().line + 1);
  }

  Config& config_;
  const std::string file_;
  std::set<std::string> seen_;
};

Result<std::string> read_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf())) {
    if (stream && stream.peek() == std::ifstream::traits_type::eof()) return std::string();
    return Error{ErrorCode::not_found, "cannot read the configuration file '" + path + "'"};
  }
  if (text.str().size() > kFileBytesMax) {
    return Error{ErrorCode::invalid_argument, path + ": larger than 1 MiB"};
  }
  return text.str();
}

Status apply_file(Config& config, const std::string& path) {
  PARLEY_TRY(const std::string text, read_text(path));
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return {};
    if (!root.IsMap()) {
      return Error{ErrorCode::invalid_argument, path + ": expected `section:` lines at the top"};
    }
    return YamlReader(config, path).read(root, "");
  } catch (const YAML::Exception& failure) {
    return Error{ErrorCode::invalid_argument,
                 path + ":" + std::to_string(failure.mark.line + 1) + ": " + failure.msg};
  }
}

Status apply_variable(Config& config, const std::string& name, const std::string& value) {
  for (const ConfigKey& key : config_keys()) {
    if (environment_name(key.name) == name) return apply(config, key.name, value, name);
  }
  for (const ConfigKey& key : config_keys()) {
    const std::string expected = environment_name(key.name);
    if (edit_distance(expected, name) > kTypoDistanceMax) continue;
    return Error{ErrorCode::invalid_argument,
                 "unknown environment variable " + name + "; the nearest is " + expected};
  }
  log::warn("an environment variable names no key and is ignored", {{"name", name}});
  return {};
}

bool is_ours(std::string_view variable) {
  // The last two belong to the build and to tools/deps, which read no configuration.
  return variable.starts_with(kEnvironmentPrefix) && variable != "PARLEY_CACHE" &&
         variable != "PARLEY_BIN_DIR";
}

}  // namespace

Result<Config> load_config(const ConfigSources& sources) {
  Config config = sources.defaults;
  if (!sources.file.empty()) PARLEY_TRY_STATUS(apply_file(config, sources.file));
  for (const auto& [name, value] : sources.environment) {
    if (is_ours(name)) PARLEY_TRY_STATUS(apply_variable(config, name, value));
  }
  for (const ConfigSources::Override& item : sources.overrides) {
    PARLEY_TRY_STATUS(apply(config, item.key, item.value, item.origin));
  }
  return config;
}

Result<ConfigSources::Override> parse_set_argument(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Error{ErrorCode::invalid_argument,
                 "--set " + std::string(argument) + ": expected key=value"};
  }
  return ConfigSources::Override{std::string(argument.substr(0, equals)),
                                 std::string(argument.substr(equals + 1)), "--set"};
}

std::vector<std::pair<std::string, std::string>> process_environment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with(kEnvironmentPrefix)) continue;
    variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

std::string models_root(const Config& config) {
  if (!config.models.path.empty()) return config.models.path;
  // NOLINTBEGIN(concurrency-mt-unsafe): the environment is not written to after main has started.
  if (const char* cache = std::getenv("PARLEY_CACHE"); cache != nullptr && *cache != 0) {
    return cache;
  }
  const char* home = std::getenv("HOME");
  // NOLINTEND(concurrency-mt-unsafe)
  return std::string(home == nullptr ? "." : home) + "/.cache/parley";
}

}  // namespace parley
