// SPDX-License-Identifier: Apache-2.0
//
// The fields of an AgentOrder, where they stand in a larger message.
//
// Only for .cpp files of protocol/: it brings Boost.JSON. Threads: one owner.
#pragma once

#include "protocol/json_reader.h"
#include "protocol/room/agent_order.h"

namespace parley::protocol {

/// Any name of an agent: which there are is not known here.
void read_agent_order(ObjectReader& reader, AgentOrder& order);

}  // namespace parley::protocol
