// SPDX-License-Identifier: Apache-2.0
#include "service/room/ordered_graph.h"

#include <cctype>
#include <string>
#include <string_view>

namespace parley::service {
namespace {

using protocol::AgentOrder;
using room::AgentGraph;

constexpr std::string_view kRecogniser = "translator";  // translates by itself
constexpr std::string_view kModel = "translator-llm";
constexpr std::string_view kRecogniserTo = "en";

/// "zh" of "zh-CN": what recognisers and models of the world go by.
std::string primary(std::string_view tag) {
  std::string code(tag.substr(0, tag.find_first_of("-_")));
  for (char& letter : code) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return code;
}

Error cannot(const AgentGraph& graph, const std::string& field, const std::string& value,
             const std::string& why) {
  return {
      .code = ErrorCode::invalid_argument,
      .message = "'" + field + "' is '" + value + "', but the agent '" + graph.name() + "' " + why};
}

Status set_target(AgentGraph& graph, const std::string& to) {
  if (!graph.gives("translations")) {
    return cannot(graph, "to", to, "does not translate; take 'translator'");
  }
  const bool has_model = graph.set_all("translate", "to", to) > 0;
  if (!has_model && primary(to) != kRecogniserTo) {
    return cannot(graph, "to", to, "translates to 'en' only; take 'translator-llm'");
  }
  graph.set_all("say", "language", to);
  return {};
}

}  // namespace

Result<AgentGraph> ordered_graph(const AgentOrder& order) {
  const bool needs_model =
      order.agent == kRecogniser && order.to && primary(*order.to) != kRecogniserTo;
  PARLEY_TRY(AgentGraph graph, AgentGraph::in_the_box(needs_model ? kModel : order.agent));
  PARLEY_TRY_STATUS(adjust_graph(graph, order));
  return graph;
}

Status adjust_graph(AgentGraph& graph, const AgentOrder& order) {
  if (order.language) {
    const std::string language = primary(*order.language);
    graph.set_all("asr", "language", language);
    graph.set_all("partial", "language", language);
    graph.set_all("translate", "from", language);
  }
  if (order.to) PARLEY_TRY_STATUS(set_target(graph, *order.to));
  if (order.instructions) graph.set_all("translate", "instructions", *order.instructions);
  if (order.voice) graph.set_all("tts", "voice", *order.voice);
  if (!order.speak.value_or(false)) {
    graph.leave_out("speech");
  } else if (!graph.gives("speech")) {
    // The assistant speaks without a graph's doing.
    if (!graph.gives("utterances")) return cannot(graph, "speak", "true", "has nothing to say");
  }
  return {};
}

}  // namespace parley::service
