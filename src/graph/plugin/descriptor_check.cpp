// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/descriptor_check.h"

#include <cmath>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "graph/plugin/plugin_frames.h"

namespace parley::graph {
namespace {

constexpr double kWholeMax = 9007199254740992.0;  // 2^53: doubles are exact up to here
constexpr int kRateMax = 768'000;                 // Hz; what a port may name, not what codecs know
constexpr int kChannelsMax = 64;

Error wrong(std::string what) {
  return {.code = ErrorCode::invalid_argument, .message = std::move(what)};
}

/// A text of at most `size_max` bytes; null and endless ones are refused.
Status check_text(const char* text, std::size_t size_max, std::string_view field) {
  if (text == nullptr) return wrong(std::string(field) + " is NULL");
  if (strnlen(text, size_max + 1) > size_max) {
    return wrong(std::string(field) + " is longer than " + std::to_string(size_max) + " bytes");
  }
  return {};
}

Status check_name(const char* name, std::string_view field) {
  PARLEY_TRY_STATUS(check_text(name, kPluginNameMax, field));
  const std::string_view text = name;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  bool all_fit = !text.empty() && text.front() >= 'a' && text.front() <= 'z';
  for (const char c : text) all_fit = all_fit && fits(c);
  if (all_fit) return {};
  std::string shown;
  for (const char c : text) shown += c >= ' ' && c <= '~' ? c : '?';
  return wrong(std::string(field) + " is '" + shown + "'; give small letters, digits and _");
}

Status check_count(const void* entries, std::uint32_t count, std::string_view field) {
  if (count > kPluginEntriesMax) {
    return wrong(std::string(field) + ": " + std::to_string(count) + " are too many (at most " +
                 std::to_string(kPluginEntriesMax) + ")");
  }
  if (count > 0 && entries == nullptr) {
    return wrong(std::string(field) + " is NULL, but " + std::to_string(count) + " are announced");
  }
  return {};
}

/// What a port says of a format must be of its kind of frame, and within range.
Status check_format(const parley_port& port) {
  const bool is_audio = port.frame == PARLEY_AUDIO || port.frame == PARLEY_ENCODED_AUDIO;
  if (!is_audio && (port.rate_hz != 0 || port.channels != 0)) {
    return wrong("has rate_hz or channels, but carries no audio");
  }
  if (port.rate_hz < 0 || port.rate_hz > kRateMax) {
    return wrong("rate_hz is " + std::to_string(port.rate_hz));
  }
  if (port.channels < 0 || port.channels > kChannelsMax) {
    return wrong("channels is " + std::to_string(port.channels));
  }
  if (port.frame != PARLEY_TENSOR && port.rank != 0) {
    return wrong("has a shape, but carries no tensors");
  }
  if (port.rank > PARLEY_RANK_MAX) return wrong("rank is " + std::to_string(port.rank));
  for (const std::int64_t dim : std::span(port.dims).first(port.rank)) {
    if (dim < -1) return wrong("a dimension is " + std::to_string(dim));
  }
  return {};
}

Status check_port(const parley_port& port) {
  if (!frame_type_of_kind(port.frame)) {
    return wrong("frame kind " + std::to_string(port.frame) + " does not exist");
  }
  if (port.capacity > kPluginPortCapacityMax) {
    return wrong("capacity is " + std::to_string(port.capacity) + " (at most " +
                 std::to_string(kPluginPortCapacityMax) + ")");
  }
  if (port.is_optional != 0 && port.is_optional != 1)
    return wrong("is_optional is neither 0 nor 1");
  return check_format(port);
}

/// `inputs`: where an output's `format_of` may point to; empty for inputs.
Status check_ports(std::span<const parley_port> ports, std::string_view side,
                   std::span<const parley_port> inputs) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const parley_port& port = ports[i];
    const std::string place = std::string(side) + " " + std::to_string(i);
    PARLEY_TRY_STATUS(check_name(port.name, place + ": name"));
    const std::string named = std::string(side) + " '" + port.name + "'";
    if (!names.insert(port.name).second) return wrong(named + " is there twice");
    if (const Status checked = check_port(port); !checked) {
      return checked.error().with_context(named);
    }
    if (port.format_of == nullptr) continue;
    PARLEY_TRY_STATUS(check_name(port.format_of, named + ": format_of"));
    bool found = false;
    for (const parley_port& input : inputs) found |= std::strcmp(input.name, port.format_of) == 0;
    if (!found) return wrong(named + ": format_of '" + port.format_of + "' is no input");
  }
  return {};
}

/// REQUIRES: the range is one.
Status check_preset(const parley_option& option) {
  const parley_value& preset = option.preset;
  switch (preset.type) {
    case PARLEY_FLAG:
      if (preset.flag != 0 && preset.flag != 1) return wrong("the preset is neither 0 nor 1");
      return {};
    case PARLEY_TEXT_VALUE:
      return check_text(preset.text, kPluginTextMax, "the preset");
    case PARLEY_WHOLE:
      if (std::fabs(option.min) > kWholeMax || std::fabs(option.max) > kWholeMax) {
        return wrong("the range is wider than 2^53");
      }
      if (static_cast<double>(preset.whole) >= option.min &&
          static_cast<double>(preset.whole) <= option.max) {
        return {};
      }
      break;
    default:
      if (preset.number >= option.min && preset.number <= option.max) return {};
  }
  return wrong("the preset is not from min to max");
}

Status check_option(const parley_option& option) {
  PARLEY_TRY_STATUS(check_text(option.help, kPluginTextMax, "help"));
  const std::int32_t type = option.preset.type;
  if (type < PARLEY_FLAG || type > PARLEY_TEXT_VALUE) {
    return wrong("type " + std::to_string(type) + " does not exist");
  }
  if (type == PARLEY_WHOLE || type == PARLEY_NUMBER) {
    if (!std::isfinite(option.min) || !std::isfinite(option.max) || option.min > option.max) {
      return wrong("min and max are no range");
    }
  }
  return check_preset(option);
}

Status check_options(std::span<const parley_option> options) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const parley_option& option = options[i];
    PARLEY_TRY_STATUS(check_name(option.name, "option " + std::to_string(i) + ": name"));
    const std::string named = std::string("option '") + option.name + "'";
    if (!names.insert(option.name).second) return wrong(named + " is there twice");
    if (const Status checked = check_option(option); !checked) {
      return checked.error().with_context(named);
    }
  }
  return {};
}

Status check_operator(const parley_operator& kind) {
  PARLEY_TRY_STATUS(check_text(kind.version, kPluginNameMax, "version"));
  PARLEY_TRY_STATUS(check_text(kind.summary, kPluginTextMax, "summary"));
  PARLEY_TRY_STATUS(check_count(kind.inputs, kind.input_count, "inputs"));
  PARLEY_TRY_STATUS(check_count(kind.outputs, kind.output_count, "outputs"));
  PARLEY_TRY_STATUS(check_count(kind.options, kind.option_count, "options"));
  if (kind.input_count + kind.output_count == 0) return wrong("has neither inputs nor outputs");
  const std::span inputs(kind.inputs, kind.input_count);
  PARLEY_TRY_STATUS(check_ports(inputs, "input", {}));
  PARLEY_TRY_STATUS(check_ports({kind.outputs, kind.output_count}, "output", inputs));
  PARLEY_TRY_STATUS(check_options({kind.options, kind.option_count}));
  if (kind.create == nullptr) return wrong("create is NULL");
  if (kind.destroy == nullptr) return wrong("destroy is NULL");
  if (kind.process == nullptr) return wrong("process is NULL");
  return {};
}

}  // namespace

Status check_plugin(const parley_plugin* plugin) {
  if (plugin == nullptr) return wrong(PARLEY_PLUGIN_ENTRY " returned NULL");
  if (plugin->abi != PARLEY_PLUGIN_ABI) {
    return Error{.code = ErrorCode::failed_precondition,
                 .message = "was made for plugin ABI " + std::to_string(plugin->abi) +
                            ", and this host has ABI " + std::to_string(PARLEY_PLUGIN_ABI) +
                            "; build it with this host's parley/plugin.h"};
  }
  PARLEY_TRY_STATUS(check_name(plugin->name, "the plugin's name"));
  PARLEY_TRY_STATUS(check_text(plugin->version, kPluginNameMax, "the plugin's version"));
  if (plugin->operator_count == 0 || plugin->operator_count > kPluginOperatorsMax) {
    return wrong("has " + std::to_string(plugin->operator_count) + " operators; give 1 to " +
                 std::to_string(kPluginOperatorsMax));
  }
  if (plugin->operators == nullptr) return wrong("operators is NULL");
  std::set<std::string_view> kinds;
  for (std::uint32_t i = 0; i < plugin->operator_count; ++i) {
    const parley_operator& kind = plugin->operators[i];
    PARLEY_TRY_STATUS(check_name(kind.kind, "operator " + std::to_string(i) + ": kind"));
    const std::string named = std::string("kind '") + kind.kind + "'";
    if (!kinds.insert(kind.kind).second) return wrong(named + " is there twice");
    if (const Status checked = check_operator(kind); !checked) {
      return checked.error().with_context(named);
    }
  }
  return {};
}

}  // namespace parley::graph
