// SPDX-License-Identifier: Apache-2.0
//
// A graph as somebody describes it: nodes, edges and boundary, by name. Nothing is checked here;
// `Plan::compile` checks everything at once and reports the first mistake with names.
//
//   GraphSpec spec;
//   spec.add("decode", std::make_unique<DecodeOperator>(…));
//   spec.add("vad", std::make_unique<VadOperator>(…), {.on_error = ErrorPolicy::restart});
//   spec.add_filter<AudioFrame>("louder", [](AudioFrame& frame) { … });
//   PARLEY_TRY_STATUS(spec.add("tee", registry, "tee", {{"outputs", std::int64_t{2}}}));
//   spec.connect("decode.audio", "vad.audio");             // fan-out: connect again
//   spec.inlet<EncodedAudio>("input", "decode.input");     // the same name again: fan-out
//   spec.outlet<SpeechEvent>("speech", "vad.speech");
//
// Threads: one owner, on a control path. Allocates.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "graph/boundary.h"
#include "graph/error_policy.h"
#include "graph/filter.h"
#include "graph/operator.h"
#include "graph/registry.h"

namespace parley::graph {

class GraphSpec {
 public:
  /// `id` names the node in edges and reports; it is not empty and has no dot.
  GraphSpec& add(std::string_view id, std::unique_ptr<Operator> node, NodeOptions options = {});
  /// A kind of `registry`, as a graph file would name it. Errors: as Registry::make.
  Status add(std::string_view id, const Registry& registry, std::string_view kind,
             const OptionMap& option_map = {}, NodeOptions options = {});
  /// A function with one input "in" and one output "out": filter.h says what it may be.
  template <typename T, typename F>
  GraphSpec& add_filter(std::string_view id, F function, NodeOptions options = {}) {
    return add(id, std::make_unique<FilterOperator<T, F>>(std::move(function)), std::move(options));
  }
  /// `from` and `to` are `node.port`.
  GraphSpec& connect(std::string_view from, std::string_view to);

  /// `options`: what of their format is known of the frames that will be pushed.
  template <typename T>
  GraphSpec& inlet(std::string_view name, std::string_view to, OutOptions options = {}) {
    return add_inlet(name, to, std::make_unique<Inlet<T>>(name, options));
  }
  /// `options.capacity`: frames that wait for the session before the producer is blocked.
  template <typename T>
  GraphSpec& outlet(std::string_view name, std::string_view from, InOptions options = {}) {
    return add_outlet(name, from, std::make_unique<Outlet<T>>(name, options));
  }

  // The description, for Plan::compile. `where` is the place in a graph file, as `file:line`, that
  // messages begin with; empty for what a program said.
  struct Node {
    std::string id;
    std::unique_ptr<Operator> op;
    NodeOptions options;
    std::string kind = {};  // in the registry, when it came from there
    std::string where = {};
  };
  struct Edge {
    std::string from;
    std::string to;
    std::string where = {};
  };
  struct InletLine {
    std::string name;
    std::string to;
    std::unique_ptr<InletBase> inlet;
    std::string where = {};
  };
  struct OutletLine {
    std::string name;
    std::string from;
    std::unique_ptr<OutletBase> outlet;
    std::string where = {};
  };
  std::vector<Node> nodes;
  std::vector<Edge> edges;
  std::vector<InletLine> inlets;
  std::vector<OutletLine> outlets;

 private:
  GraphSpec& add_inlet(std::string_view name, std::string_view to, std::unique_ptr<InletBase> made);
  GraphSpec& add_outlet(std::string_view name, std::string_view from,
                        std::unique_ptr<OutletBase> made);
};

}  // namespace parley::graph
