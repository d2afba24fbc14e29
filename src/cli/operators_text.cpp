// SPDX-License-Identifier: Apache-2.0
#include "cli/operators_text.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "graph/plan_text.h"

namespace parley::cli {
namespace {

using graph::KindDescription;
using graph::OptionDescription;
using graph::Registry;

struct PortLine {
  std::string way;  // in, out
  std::string name;
  std::string kind;
};

/// The ports that the kind has with its defaults; none when it cannot be made from them alone.
std::vector<PortLine> ports_of(const Registry& registry, const KindDescription& description) {
  graph::OptionMap options;
  for (const OptionDescription& option : description.options) {
    if (option.required) options[option.name] = std::string("x");
  }
  const auto made = registry.make(description.kind, options);
  std::vector<PortLine> ports;
  if (!made) return ports;
  for (const graph::InBase* in : (*made)->inputs()) {
    ports.push_back({.way = "in",
                     .name = in->name(),
                     .kind = graph::kind_text(*in) + (in->required() ? "" : ", optional")});
  }
  for (const graph::OutBase* out : (*made)->outputs()) {
    const std::string like =
        out->format_of() == nullptr ? "" : ", as " + out->format_of()->name() + " comes in";
    ports.push_back({.way = "out", .name = out->name(), .kind = graph::kind_text(*out) + like});
  }
  return ports;
}

std::string preset_text(const OptionDescription& option) {
  if (option.required) return "required";
  return option.preset.empty() ? "empty" : option.preset;
}

/// In Markdown a bar ends a cell.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

std::string kind_markdown(const Registry& registry, const KindDescription& description) {
  std::string text = "## " + description.kind + "\n\n" + description.summary + ".\n\n";
  const std::vector<PortLine> ports = ports_of(registry, description);
  if (ports.empty()) text += "Its ports depend on its options.\n\n";
  for (const PortLine& port : ports) {
    text += "- " + port.way + " `" + port.name + "`: " + port.kind + "\n";
  }
  if (!ports.empty()) text += "\n";
  if (description.options.empty()) return text;
  text += "| option | value | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const OptionDescription& option : description.options) {
    text += "| `" + option.name + "` | " + cell(option.range) + " | " + cell(preset_text(option)) +
            " | " + cell(option.help) + " |\n";
  }
  return text + "\n";
}

}  // namespace

std::string operators_listing(const Registry& registry) {
  std::size_t width = 0;
  for (const std::string& kind : registry.kinds()) width = std::max(width, kind.size());
  std::string text;
  for (const std::string& kind : registry.kinds()) {
    text += padded(kind, width + 2) + registry.describe(kind)->summary + '\n';
  }
  return text;
}

Result<std::string> operator_details(const Registry& registry, std::string_view kind) {
  const KindDescription* const description = registry.describe(kind);
  if (description == nullptr) return registry.unknown(kind);
  std::string text = description->kind + ": " + description->summary + '\n';
  const std::vector<PortLine> ports = ports_of(registry, *description);
  if (ports.empty()) text += "  its ports depend on its options\n";
  for (const PortLine& port : ports) {
    text += "  " + padded(port.way, 5) + padded(port.name, 14) + port.kind + '\n';
  }
  if (!description->options.empty()) text += "options:\n";
  for (const OptionDescription& option : description->options) {
    text += "  " + padded(option.name, 22) + option.help + " (" + option.range + "; " +
            (option.required ? "required" : "default: " + preset_text(option)) + ")\n";
  }
  return text;
}

std::string operators_markdown(const Registry& registry) {
  std::string text =
      "# Operators in the box\n\n"
      "Written by `parley operators --markdown`. What stands here is what `parley run` checks a\n"
      "graph file against ([graph-file.md](graph-file.md)); `parley operators KIND` prints one.\n"
      "Ports are those that an operator has with its defaults.\n\n";
  for (const std::string& kind : registry.kinds()) {
    text += kind_markdown(registry, *registry.describe(kind));
  }
  text.pop_back();
  return text;
}

}  // namespace parley::cli
