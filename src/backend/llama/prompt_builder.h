// SPDX-License-Identifier: Apache-2.0
//
// From a session's prompt to the tokens that the model reads.
//
// A forced function call is asked for at the very end, after the conversation: a system message
// there describes the function, and the reply's first words (`{"name": "…", "arguments":`) are
// given. So the conversation before it stays the same token for token, and stays in the cache.
//
// With tool choice "automatic" the reply is text and the tools are not mentioned: models of the
// size that runs beside a conversation extract arguments well but cannot tell when to call (in
// trials they never did, or did at random). Who wants calls decides by rules, or uses a remote
// model.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "backend/llama/chat_renderer.h"
#include "base/result.h"
#include "model/llm_model.h"

namespace parley::backend {

struct PromptLimits {
  std::int64_t context_tokens = 2048;  // a prompt and its reply
  std::int64_t reply_tokens = 256;     // of these kept free for the reply
};

struct BuiltPrompt {
  std::vector<Token> tokens;
  std::size_t system_size = 0;             // the first of `tokens` that are the instructions
  std::vector<model::LlmTool> call_tools;  // one of these must be called; empty: text
};

/// For a reply. Fails with invalid_argument (a forced function that is not among the tools, no
/// messages) or resource_exhausted (instructions and newest message alone exceed the limits).
[[nodiscard]] Result<BuiltPrompt> build_prompt(const Vocabulary& vocabulary,
                                               const ChatRenderer& renderer,
                                               const model::LlmPrompt& prompt, PromptLimits limits);

/// What such a prompt will begin with, and the head of the turn that most likely comes next. Empty
/// where `build_prompt` would fail.
[[nodiscard]] BuiltPrompt build_prefix(const ChatRenderer& renderer, const model::LlmPrompt& prompt,
                                       PromptLimits limits);

}  // namespace parley::backend
