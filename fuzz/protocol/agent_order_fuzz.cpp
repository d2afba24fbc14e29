// SPDX-License-Identifier: Apache-2.0
//
// Any text as what somebody asks of an agent's worker: a job's metadata, the body of a request for
// a token, of one for an agent, an answer of LiveKit's, or a job that another worker kept. What is
// taken keeps its limits.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/room/agent_dispatch.h"
#include "protocol/room/agent_order.h"
#include "protocol/room/kept_job.h"
#include "protocol/room/room_list.h"
#include "protocol/room/token_request.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

const std::vector<std::string> kAgents{"assistant", "translator"};

void require(bool condition) {
  if (!condition) std::abort();
}

void require_message(const ProtocolError& error) { require(!error.message.empty()); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto order = parse_agent_order(text, kAgents, kAgents[0]);
  if (const auto* taken = std::get_if<AgentOrder>(&order)) {
    require(taken->agent == kAgents[0] || taken->agent == kAgents[1]);
    require(taken->instructions.value_or("").size() <= kAgentInstructionsBytesMax);
    require(taken->webhook.value_or("http://").starts_with("http"));
  } else {
    require_message(std::get<ProtocolError>(order));
  }
  const auto request = parse_token_request(text);
  if (const auto* taken = std::get_if<TokenRequest>(&request)) {
    require(taken->room.size() <= kTokenNameBytesMax);
    require(taken->agents.size() <= kTokenAgentsMax);
    require(taken->attributes.size() <= kTokenAttributesMax);
  } else {
    require_message(std::get<ProtocolError>(request));
  }
  const auto dispatch = parse_dispatch_order(text);
  if (const auto* taken = std::get_if<DispatchOrder>(&dispatch)) {
    require(!taken->room.empty());
    const auto again = parse_dispatch_order(create_dispatch_json(*taken));
    require(std::get<DispatchOrder>(again).metadata == taken->metadata);
  } else {
    require_message(std::get<ProtocolError>(dispatch));
  }
  if (const auto kept = parse_kept_job(text)) {
    const auto again = parse_kept_job(to_json(*kept));
    require(again && again->job.metadata == kept->job.metadata && again->turn == kept->turn);
  }
  static_cast<void>(parse_room_list(text));
  static_cast<void>(dispatch_id_of(text));
  static_cast<void>(twirp_error_of(text));
  return 0;
}
