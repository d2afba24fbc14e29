// SPDX-License-Identifier: Apache-2.0
#include "declared.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "graph/operator.h"
#include "graph/plan.h"
#include "graph/port.h"

namespace parley::python {

namespace {

/// Has the ports, and never runs.
class NamedPorts final : public graph::Operator {
 public:
  explicit NamedPorts(const DeclaredOperator& declared) {
    for (const std::string& name : declared.reads) {
      in_.push_back(std::make_unique<graph::In<media::Opaque>>(
          *this, name, graph::InOptions{.required = false}));
    }
    for (const std::string& name : declared.writes) {
      out_.push_back(std::make_unique<graph::Out<media::Opaque>>(*this, name));
    }
  }
  Result<graph::Progress> process(graph::ProcessContext& /*context*/) override {
    return graph::Progress::finished;
  }

 private:
  std::vector<std::unique_ptr<graph::In<media::Opaque>>> in_;
  std::vector<std::unique_ptr<graph::Out<media::Opaque>>> out_;
};

std::string listed(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "nothing" : text;
}

Error missing(const DeclaredOperator& reader, const std::string& name,
              const std::vector<DeclaredOperator>& operators, const std::optional<Names>& given) {
  Names written;
  for (const DeclaredOperator& other : operators) {
    for (const std::string& output : other.writes) written.insert(output + " (" + other.id + ")");
  }
  return {.code = ErrorCode::invalid_argument,
          .message = "operator '" + reader.id + "' reads '" + name +
                     "', which nobody gives; written: " + listed(written) +
                     "; given: " + listed(given.value_or(Names()))};
}

/// Who gives `name` to `reader`: the nearest that was added before it, or else what comes from
/// outside, or else the first that was added after it.
std::optional<std::size_t> writer_of(const std::vector<DeclaredOperator>& operators,
                                     std::size_t reader, const std::string& name,
                                     const std::optional<Names>& given) {
  for (std::size_t j = reader; j-- > 0;) {
    if (operators[j].writes.contains(name)) return j;
  }
  if (given && given->contains(name)) return std::nullopt;
  for (std::size_t j = reader + 1; j < operators.size(); ++j) {
    if (operators[j].writes.contains(name)) return j;
  }
  return std::nullopt;
}

}  // namespace

Status check_declared(const std::vector<DeclaredOperator>& operators,
                      const std::optional<Names>& given) {
  const bool all_known = std::all_of(operators.begin(), operators.end(),
                                     [](const auto& one) { return one.has_lists; });
  graph::GraphSpec graph;
  for (const DeclaredOperator& one : operators) {
    graph.add(one.id, std::make_unique<NamedPorts>(one));
  }
  for (std::size_t reader = 0; reader < operators.size(); ++reader) {
    for (const std::string& name : operators[reader].reads) {
      const std::optional<std::size_t> writer = writer_of(operators, reader, name, given);
      if (writer) {
        graph.connect(operators[*writer].id + "." + name, operators[reader].id + "." + name);
      } else if (all_known && given && !given->contains(name)) {
        return missing(operators[reader], name, operators, given);
      }
    }
  }
  const Result<graph::Plan> plan = graph::Plan::compile(std::move(graph));
  if (!plan) return plan.error();
  return {};
}

}  // namespace parley::python
