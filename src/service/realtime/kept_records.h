// SPDX-License-Identifier: Apache-2.0
//
// Items of the agent as records of a store, and back. Threads: any (pure).
#pragma once

#include <string>
#include <vector>

#include "agent/conversation.h"
#include "base/result.h"
#include "service/realtime/redaction.h"
#include "store/records.h"

namespace parley::service {

/// The item's JSON, without what the patterns match.
[[nodiscard]] std::string kept_json(const agent::Item& item, const Redaction& redaction);

/// Items of an earlier session, in their order. What was under way when it ended is incomplete, and
/// has the words that were heard. Errors: data_corrupt.
[[nodiscard]] Result<std::vector<agent::Item>> to_items(store::Conversation& conversation);

}  // namespace parley::service
