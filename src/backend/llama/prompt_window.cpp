// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/prompt_window.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace parley::backend {
namespace {

using Messages = std::span<const model::LlmMessage>;

/// The assistant's message before `at` that made the call which `messages[at]` answers.
std::optional<std::size_t> caller_of(Messages messages, std::size_t at) {
  for (std::size_t i = at; i-- > 0;) {
    for (const model::LlmToolCall& call : messages[i].tool_calls) {
      if (call.id == messages[at].tool_call_id) return i;
    }
  }
  return std::nullopt;
}

/// may_cut[i]: a conversation that begins with message i has the call of each of its outputs.
std::vector<bool> find_cuts(Messages messages) {
  std::vector<bool> may_cut(messages.size(), true);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].role != model::LlmMessage::Role::tool) continue;
    const std::optional<std::size_t> caller = caller_of(messages, i);
    if (!caller) continue;
    for (std::size_t between = *caller + 1; between <= i; ++between) may_cut[between] = false;
  }
  return may_cut;
}

}  // namespace

std::optional<std::size_t> first_kept(Messages messages, std::span<const std::int64_t> tokens,
                                      PromptBudget budget) {
  const bool has_system =
      !messages.empty() && messages.front().role == model::LlmMessage::Role::system;
  const std::size_t begin = has_system ? 1 : 0;
  const std::int64_t total = std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0});
  const std::int64_t excess = total - budget.tokens_max;
  if (excess <= 0) return begin;

  const std::int64_t pieces = (excess + budget.piece_tokens - 1) / budget.piece_tokens;
  const std::int64_t wanted = pieces * budget.piece_tokens;
  const std::vector<bool> may_cut = find_cuts(messages);
  std::int64_t dropped = 0;
  std::optional<std::size_t> best;  // the last cut that suffices, though it drops less than wanted
  for (std::size_t cut = begin; cut < messages.size(); ++cut) {
    if (may_cut[cut] && dropped >= excess) {
      best = cut;
      if (dropped >= wanted) break;
    }
    dropped += tokens[cut];
  }
  return best;
}

}  // namespace parley::backend
