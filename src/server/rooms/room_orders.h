// SPDX-License-Identifier: Apache-2.0
//
// From what a job asks for to what a session is opened with: the agent's graph with the job's
// settings. Threads: any, once made.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/result.h"
#include "graph/registry.h"
#include "protocol/room/agent_order.h"
#include "protocol/room/job.h"
#include "room/agent_graph.h"
#include "service/room/room_request.h"

namespace parley::server {

class RoomOrders {
 public:
  /// `registry` has the operators of their graphs. Errors: those of `agents_of`, and of graphs
  /// that cannot be opened.
  static Result<RoomOrders> make(const Config& config, const graph::Registry& registry);

  /// Errors: invalid_argument naming the field of the metadata, or what the agent's graph cannot
  /// have.
  [[nodiscard]] Result<protocol::AgentOrder> parse(const protocol::Job& job) const;
  /// `minutes` of the request is left empty. `order.agent` may be the path of a graph file, which
  /// only a program's own order is: `parse` lets none through. Errors: not_found for another agent,
  /// those of the graph with these settings.
  [[nodiscard]] Result<service::RoomRequest> request(const protocol::Job& job,
                                                     protocol::AgentOrder order) const;
  /// What its participant is called, and an assistant by those who speak to it: as the order says,
  /// or "Parley", or after the agent, as "Translator".
  [[nodiscard]] static std::string name_of(const protocol::AgentOrder& order);

 private:
  RoomOrders(const graph::Registry& registry, std::string otherwise)
      : registry_(&registry), otherwise_(std::move(otherwise)) {}
  [[nodiscard]] const room::AgentGraph* find(const std::string& agent) const;
  [[nodiscard]] Result<room::AgentGraph> graph_of(const std::string& agent) const;

  const graph::Registry* registry_;
  std::string otherwise_;  // the agent of a job that names none
  std::vector<room::AgentGraph> agents_;
  std::vector<std::string> names_;
  Millis alone_max_{0};
  std::string recognizer_;           // that cannot translate; empty: it can
  bool has_own_translator_ = false;  // a file of `rooms.agents` has taken its place
};

}  // namespace parley::server
