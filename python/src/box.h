// SPDX-License-Identifier: Apache-2.0
//
// An operator of the box (or of a plugin) in a pipeline of names: which of its ports stand for
// which names, and what its two ends share.
//
//   exchange → FeedOperator (one per input) → the operator → CollectorOperator → exchange
//
// All of them are nodes of one segment, so that what the operator gives while a feed holds an
// activation belongs to that activation.
//
// Threads: value types on a control path; Box: the strand of its segment.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "exchange.h"
#include "graph/graph_spec.h"
#include "graph/operator.h"
#include "graph/option_value.h"

namespace parley::python {

/// As a user describes it.
struct BoxSpec {
  std::string kind;
  graph::OptionMap options;
  // Port → name. Not given: each required input, and every output, under its own name.
  std::optional<std::map<std::string, std::string>> inputs;
  std::optional<std::map<std::string, std::string>> outputs;
  // Port of kind Opaque → the kind that values become where they can.
  std::map<std::string, std::string> kinds = {};
  bool groups_by_sequence = false;  // frames with one sequence number belong together
};

class FeedBase {
 public:
  virtual ~FeedBase() = default;
  /// The operator has taken everything.
  [[nodiscard]] virtual bool is_taken() const = 0;
  /// It holds an activation.
  [[nodiscard]] virtual bool is_holding() const = 0;
  /// The operator is done with it.
  virtual void settle() = 0;
};

/// What the ends of one box share while a pipeline is open.
struct Box {
  graph::Operator* op = nullptr;
  std::size_t member = 0;         // whose values its outputs are
  bool waits_until_idle = false;  // hold an activation while the operator `is_busy`
  bool groups_by_sequence = false;
  std::vector<FeedBase*> feeds{};
  ActivationPtr last_fed{};
};

/// The same, with the ports that the operator has. Errors: invalid_argument, with those it has.
struct BoxPorts {
  std::map<std::string, std::string> inputs;
  std::map<std::string, std::string> outputs;
};
Result<BoxPorts> resolve_ports(const BoxSpec& spec, const graph::Operator& op,
                               const std::string& id);

/// Adds the nodes of a box called `id` around `op`. Members: one per input, or one without work.
Status add_box(graph::GraphSpec& graph, const BoxSpec& spec, const std::string& id,
               std::unique_ptr<graph::Operator> op, graph::NodeOptions options, Box& box,
               Exchange& exchange, int rate_hz, std::vector<std::size_t>& members);

}  // namespace parley::python
