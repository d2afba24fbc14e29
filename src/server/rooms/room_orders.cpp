// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/room_orders.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "base/sha256.h"
#include "server/models.h"
#include "server/rooms/room_jobs.h"
#include "service/room/ordered_graph.h"

namespace parley::server {
namespace {

constexpr const char* kAssistant = "assistant";
constexpr const char* kAssistantName = "Parley";
constexpr const char* kEnglish = "en";
constexpr const char* kTranslator = "translator";
constexpr const char* kGraphFile = ".yaml";

/// Clients of a socket read the field beside the message; in a log there is nothing beside it.
std::string words_of(const protocol::ProtocolError& error) {
  const std::string field = "'" + error.param.value_or("") + "'";
  const bool is_named = !error.param || error.message.find(field) != std::string::npos;
  return is_named ? error.message : field + ": " + error.message;
}

/// The same for every agent of this kind and name in this room, whichever worker has it; another
/// room of the same name has another id. Empty: the room cannot be told from others.
std::string conversation_of(const protocol::Job& job, const service::RoomRequest& request) {
  if (job.room_sid.empty()) return {};
  constexpr std::size_t kDigits = 16;
  const std::string who = request.agent + '\n' + request.name + '\n' + request.participant;
  return "conv_" + job.room_sid + "_" +
         hexadecimal(hmac_sha256(job.room_sid, who)).substr(0, kDigits);
}

}  // namespace

Result<std::vector<room::AgentGraph>> agents_of(const Config& config) {
  std::vector<room::AgentGraph> agents;
  for (const std::string& name : room::AgentGraph::names_in_the_box()) {
    PARLEY_TRY(room::AgentGraph agent, room::AgentGraph::in_the_box(name));
    agents.push_back(std::move(agent));
  }
  for (const std::string& path : config.rooms.agents) {
    PARLEY_TRY(room::AgentGraph agent, room::AgentGraph::read(path));
    if (agent.name().empty()) {
      return Error{ErrorCode::invalid_argument,
                   "rooms.agents: " + path + " has no name: jobs ask for agents by it"};
    }
    // One of a name that is in the box takes its place.
    std::erase_if(agents, [&](const auto& other) { return other.name() == agent.name(); });
    agents.push_back(std::move(agent));
  }
  return agents;
}

Result<RoomOrders> RoomOrders::make(const Config& config, const graph::Registry& registry) {
  RoomOrders orders(registry, config.rooms.agent);
  orders.alone_max_ = std::chrono::seconds(config.rooms.alone_seconds);
  if (!config.models.fake && !is_translating_asr(config)) {
    orders.recognizer_ = recognizer_name(config);
  }
  PARLEY_TRY(orders.agents_, agents_of(config));
  for (const std::string& path : config.rooms.agents) {
    PARLEY_TRY(const room::AgentGraph own, room::AgentGraph::read(path));
    orders.has_own_translator_ |= own.name() == kTranslator;
  }
  for (const room::AgentGraph& agent : orders.agents_) {
    PARLEY_TRY_STATUS(agent.check(registry));
    orders.names_.push_back(agent.name());
  }
  if (orders.find(orders.otherwise_) == nullptr) {
    return Error{ErrorCode::invalid_argument,
                 "rooms.agent: there is no agent '" + orders.otherwise_ + "'"};
  }
  return orders;
}

const room::AgentGraph* RoomOrders::find(const std::string& agent) const {
  const auto at = std::ranges::find(agents_, agent, &room::AgentGraph::name);
  return at == agents_.end() ? nullptr : &*at;
}

Result<room::AgentGraph> RoomOrders::graph_of(const std::string& agent) const {
  if (const room::AgentGraph* known = find(agent)) return *known;
  if (agent.ends_with(kGraphFile)) return room::AgentGraph::read(agent);
  std::string message = "there is no agent '" + agent + "', expected the path of a graph file (";
  message.append(kGraphFile).append("), or one of:");
  for (const std::string& name : names_) message += " " + name;
  return Error{ErrorCode::not_found, std::move(message)};
}

Result<protocol::AgentOrder> RoomOrders::parse(const protocol::Job& job) const {
  auto parsed = protocol::parse_agent_order(job.metadata, names_, otherwise_);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return Error{ErrorCode::invalid_argument, "the job's metadata: " + words_of(*error)};
  }
  return std::get<protocol::AgentOrder>(std::move(parsed));
}

std::string RoomOrders::name_of(const protocol::AgentOrder& order) {
  if (order.name) return *order.name;
  if (order.agent == kAssistant || order.agent.empty()) return kAssistantName;
  std::string name = order.agent;
  if (name.front() >= 'a' && name.front() <= 'z') name.front() += 'A' - 'a';
  return name;
}

Result<service::RoomRequest> RoomOrders::request(const protocol::Job& job,
                                                 protocol::AgentOrder order) const {
  if (order.agent.empty()) order.agent = otherwise_;
  // Which of the two in the box it is hangs on `to`; an agent of the owner's own is what it is.
  const bool is_one_of_two = order.agent == kTranslator && !has_own_translator_;
  std::optional<room::AgentGraph> graph;
  if (is_one_of_two) {
    PARLEY_TRY(graph, service::ordered_graph(order));
  } else {
    PARLEY_TRY(graph, graph_of(order.agent));
    order.agent = graph->name();  // of a path
    PARLEY_TRY_STATUS(service::adjust_graph(*graph, order));
  }
  PARLEY_TRY_STATUS(graph->check(*registry_));
  if (is_one_of_two && graph->name() == kTranslator && !recognizer_.empty()) {
    return Error{ErrorCode::failed_precondition,
                 "the agent 'translator' needs a recogniser that translates, which '" +
                     recognizer_ + "' does not: set asr.model to whisper-base"};
  }

  service::RoomRequest request;
  request.job = job.id;
  request.room_sid = job.room_sid;
  request.agent = graph->name();
  request.name = name_of(order);
  if (job.kind != protocol::Job::Kind::room) request.participant = job.participant;
  request.conversation = conversation_of(job, request);
  request.instructions = order.instructions.value_or("");
  request.voice = order.voice.value_or("");
  request.greeting = order.greeting.value_or("");
  request.to = order.to.value_or(kEnglish);
  request.alone_max = alone_max_;
  request.graph = std::make_shared<room::AgentGraph>(std::move(*graph));
  return request;
}

}  // namespace parley::server
