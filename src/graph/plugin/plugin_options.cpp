// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/plugin_options.h"

#include <cstdint>
#include <utility>

namespace parley::graph {
namespace {

OptionDescription describe(const parley_option& option) {
  OptionDescription described{.name = option.name, .help = option.help};
  switch (option.preset.type) {
    case PARLEY_FLAG:
      described.range = "true or false";
      described.preset = option_text_of(OptionValue(option.preset.flag == 1));
      break;
    case PARLEY_WHOLE:
      described.range = option_range_text(static_cast<std::int64_t>(option.min),
                                          static_cast<std::int64_t>(option.max));
      described.preset = option_text_of(OptionValue(option.preset.whole));
      break;
    case PARLEY_NUMBER:
      described.range = option_range_text(option.min, option.max);
      described.preset = option_text_of(OptionValue(option.preset.number));
      break;
    default:
      described.range = "text";
      described.preset = option.preset.text;
  }
  return described;
}

/// `text`: where a text is kept; it must not move any more.
Status read_one(const parley_option& option, const OptionValue& given, parley_value& value,
                std::string& text) {
  switch (option.preset.type) {
    case PARLEY_FLAG: {
      PARLEY_TRY(const bool flag, option_flag(option.name, given));
      value.flag = flag ? 1 : 0;
      return {};
    }
    case PARLEY_WHOLE: {
      PARLEY_TRY(value.whole,
                 option_whole(option.name, given, static_cast<std::int64_t>(option.min),
                              static_cast<std::int64_t>(option.max)));
      return {};
    }
    case PARLEY_NUMBER: {
      PARLEY_TRY(value.number, option_number(option.name, given, option.min, option.max));
      return {};
    }
    default: {
      PARLEY_TRY(text, option_text(option.name, given));
      value.text = text.c_str();
      return {};
    }
  }
}

}  // namespace

std::vector<OptionDescription> describe_options(std::span<const parley_option> options) {
  std::vector<OptionDescription> all;
  all.reserve(options.size());
  for (const parley_option& option : options) all.push_back(describe(option));
  return all;
}

Status check_plugin_option(std::span<const parley_option> options, std::string_view name,
                           const OptionValue& value) {
  for (const parley_option& option : options) {
    if (option.name != name) continue;
    parley_value read{};
    std::string text;
    return read_one(option, value, read, text);
  }
  return unknown_option(name, describe_options(options));
}

Result<PluginValues> read_plugin_options(std::span<const parley_option> options,
                                         const OptionMap& map) {
  for (const auto& [name, value] : map) {
    PARLEY_TRY_STATUS(check_plugin_option(options, name, value));
  }
  PluginValues read;
  read.texts.resize(options.size());
  for (std::size_t i = 0; i < options.size(); ++i) {
    read.values.push_back(options[i].preset);
    const auto given = map.find(options[i].name);
    if (given == map.end()) continue;
    PARLEY_TRY_STATUS(read_one(options[i], given->second, read.values[i], read.texts[i]));
  }
  return read;
}

}  // namespace parley::graph
