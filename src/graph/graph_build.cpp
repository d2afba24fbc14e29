// SPDX-License-Identifier: Apache-2.0
#include "graph/graph_build.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "graph/frame_type.h"
#include "graph/plan_text.h"

namespace parley::graph {
namespace {

class GraphBuilder {
 public:
  GraphBuilder(const GraphFile& file, const Registry& registry)
      : file_(file), registry_(registry) {}

  Result<GraphSpec> build() {
    for (const GraphFile::Node& node : file_.nodes) PARLEY_TRY_STATUS(add_node(node));
    for (const GraphFile::Node& node : file_.nodes) {
      for (const GraphFile::Wire& wire : node.inputs) PARLEY_TRY_STATUS(add_wire(node, wire));
    }
    for (const GraphFile::Input& input : file_.inputs) PARLEY_TRY_STATUS(check_is_read(input));
    for (const GraphFile::Output& output : file_.outputs) PARLEY_TRY_STATUS(add_output(output));
    return std::move(spec_);
  }

 private:
  [[nodiscard]] Error wrong(int line, const std::string& what, const Error& error) const {
    const std::string where = file_.where(line);
    return error.with_context(where.empty() ? what : where + ": " + what);
  }
  [[nodiscard]] Error wrong(int line, std::string message) const {
    return wrong_graph(file_.where(line), std::move(message));
  }

  Result<std::unique_ptr<Operator>> make(const GraphFile::Kind& kind,
                                         const std::string& what) const {
    if (!registry_.has(kind.name)) return wrong(kind.line, what, registry_.unknown(kind.name));
    OptionMap options;
    for (const GraphFile::Option& option : kind.options) {
      const Status checked = registry_.check_option(kind.name, option.name, option.value);
      if (!checked) {
        return wrong(option.line != 0 ? option.line : kind.line, what, checked.error());
      }
      options[option.name] = option.value;
    }
    Result<std::unique_ptr<Operator>> made = registry_.make(kind.name, options);
    if (!made) return wrong(kind.line, what, made.error());
    return made;
  }

  Status add_node(const GraphFile::Node& node) {
    const std::string what = "node '" + node.id + "'";
    NodeOptions options{.on_error = node.on_error,
                        .restarts_max = node.restarts_max,
                        .restart_delay = node.restart_delay,
                        .restart_delay_max = node.restart_delay_max,
                        .segment = node.segment};
    PARLEY_TRY(std::unique_ptr<Operator> op, make(node.kind, what));
    if (!node.spare.name.empty()) {
      PARLEY_TRY(options.spare, make(node.spare, what + ": spare"));
    }
    spec_.add(node.id, std::move(op), std::move(options));
    spec_.nodes.back().kind = node.kind.name;
    spec_.nodes.back().where = file_.where(node.line);
    return {};
  }

  Status add_wire(const GraphFile::Node& node, const GraphFile::Wire& wire) {
    const std::string to = node.id + "." + wire.port;
    if (wire.from.find('.') != std::string::npos) {
      spec_.connect(wire.from, to);
      spec_.edges.back().where = file_.where(wire.line);
      return {};
    }
    const auto input = std::ranges::find(file_.inputs, wire.from, &GraphFile::Input::name);
    if (input == file_.inputs.end()) return unknown_source(wire.from, wire.line, to);
    const PortFormat& format = input->format;
    with_frame_type(input->type, [&]<typename T>(std::type_identity<T> /*kind*/) {
      spec_.inlet<T>(
          wire.from, to,
          {.rate_hz = format.rate_hz, .channels = format.channels, .shape = format.shape});
    });
    spec_.inlets.back().where = file_.where(wire.line);
    return {};
  }

  /// A name without a dot that is no boundary input: most likely a node whose port was forgotten.
  [[nodiscard]] Error unknown_source(const std::string& name, int line,
                                     const std::string& to) const {
    const auto node = std::ranges::find(spec_.nodes, name, &GraphSpec::Node::id);
    if (node != spec_.nodes.end()) {
      return wrong(line,
                   to + ": '" + name + "' is a node; say which output, as in " + name + "." +
                       (node->op->outputs().empty() ? "port" : node->op->outputs()[0]->name()) +
                       "; outputs: " + outputs_text(*node->op));
    }
    std::vector<std::string> names;
    for (const GraphFile::Input& input : file_.inputs) names.push_back(input.name);
    return wrong(line, to, unknown_name("input of the graph", name, names));
  }

  [[nodiscard]] Status check_is_read(const GraphFile::Input& input) const {
    if (std::ranges::any_of(spec_.inlets,
                            [&](const auto& inlet) { return inlet.name == input.name; })) {
      return {};
    }
    const std::string kind = std::string(frame_type_name(input.type)) + format_text(input.format);
    return wrong(input.line, "input '" + input.name + "' (" + kind +
                                 ") is read by no node; name it under a node's `inputs:`");
  }

  Status add_output(const GraphFile::Output& output) {
    const std::string what = "output '" + output.name + "'";
    const std::size_t dot = output.from.find('.');
    if (dot == std::string::npos) return unknown_source(output.from, output.line, what);
    InOptions options;
    if (output.capacity != 0) options.capacity = output.capacity;
    // Of an unknown place the type does not matter: Plan::compile names the mistake.
    with_frame_type(type_at(output.from), [&]<typename T>(std::type_identity<T> /*kind*/) {
      spec_.outlet<T>(output.name, output.from, options);
    });
    spec_.outlets.back().where = file_.where(output.line);
    return {};
  }

  [[nodiscard]] std::size_t type_at(std::string_view place) const {
    const std::size_t dot = place.find('.');
    for (const GraphSpec::Node& node : spec_.nodes) {
      if (node.id != place.substr(0, dot)) continue;
      for (const OutBase* out : node.op->outputs()) {
        if (out->name() == place.substr(dot + 1)) return out->type();
      }
    }
    return 0;
  }

  const GraphFile& file_;
  const Registry& registry_;
  GraphSpec spec_;
};

}  // namespace

Result<GraphSpec> build_graph(const GraphFile& file, const Registry& registry) {
  return GraphBuilder(file, registry).build();
}

}  // namespace parley::graph
