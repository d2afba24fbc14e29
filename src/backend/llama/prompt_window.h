// SPDX-License-Identifier: Apache-2.0
//
// Which messages of a long conversation still fit. The system message stays, the newest message
// stays, and between them the oldest go, whole; a tool's output never stays without its call.
//
// What goes, goes in large pieces: dropping one message per turn would move everything behind it
// and make the model read the whole conversation again each time. The cut is a pure function of the
// conversation, so it stays where it is until the conversation outgrows the next piece.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "model/llm_model.h"

namespace parley::backend {

struct PromptBudget {
  std::int64_t tokens_max = 0;    // all messages together, system message included
  std::int64_t piece_tokens = 0;  // how much goes at once, at least; > 0
};

/// `tokens[i]` is the size of `messages[i]` as rendered. Returns the index of the first message to
/// keep after the system message (which stays, if the first message is one); nothing when even the
/// newest message and the system message are too large together.
[[nodiscard]] std::optional<std::size_t> first_kept(std::span<const model::LlmMessage> messages,
                                                    std::span<const std::int64_t> tokens,
                                                    PromptBudget budget);

}  // namespace parley::backend
