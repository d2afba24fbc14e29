// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/prompt_builder.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "backend/llama/prompt_window.h"

namespace parley::backend {
namespace {

using model::LlmMessage;
using model::LlmTool;
using Choice = model::LlmToolChoice;

// A conversation that is too long loses a quarter of the context at once (prompt_window.h), unless
// the session says how much of it shall stay.
constexpr std::int64_t kPiecesPerContext = 4;

Result<std::vector<LlmTool>> forced_tools(const model::LlmPrompt& prompt) {
  const Choice& choice = prompt.tool_choice;
  if (choice.kind == Choice::Kind::required) {
    if (prompt.tools.empty()) {
      return Error{ErrorCode::invalid_argument,
                   "tool_choice is 'required', but there are no tools"};
    }
    return prompt.tools;
  }
  if (choice.kind != Choice::Kind::function) return std::vector<LlmTool>{};
  const auto named = std::find_if(prompt.tools.begin(), prompt.tools.end(),
                                  [&](const LlmTool& one) { return one.name == choice.function; });
  if (named == prompt.tools.end()) {
    return Error{ErrorCode::invalid_argument,
                 "tool_choice names the function '" + choice.function + "', which is no tool"};
  }
  return std::vector<LlmTool>{*named};
}

LlmMessage describe(const std::vector<LlmTool>& tools) {
  std::string text =
      tools.size() == 1 ? "Call this function now." : "Call one of these functions now.";
  text += " Answer with JSON only. Take the values from the conversation.";
  for (const LlmTool& tool : tools) {
    text += "\nFunction " + tool.name;
    if (!tool.description.empty()) text += ": " + tool.description;
    if (!tool.parameters.empty()) text += "\nIts arguments: " + tool.parameters;
  }
  return {.role = LlmMessage::Role::system,
          .text = std::move(text),
          .tool_calls = {},
          .tool_call_id = {}};
}

/// How much of the context is for messages, and how much of it goes at once.
PromptBudget budget_of(const model::LlmTruncation& truncation, PromptLimits limits,
                       std::int64_t extra, std::int64_t instructions) {
  PromptBudget budget{
      .tokens_max = limits.context_tokens - limits.reply_tokens - extra,
      .piece_tokens = std::max<std::int64_t>(1, limits.context_tokens / kPiecesPerContext)};
  if (truncation.post_instructions_max > 0) {
    budget.tokens_max =
        std::min(budget.tokens_max, instructions + truncation.post_instructions_max);
  }
  if (truncation.kind == model::LlmTruncation::Kind::retention_ratio) {
    const double dropped =
        (1.0 - truncation.retention_ratio) * static_cast<double>(budget.tokens_max);
    budget.piece_tokens = std::max<std::int64_t>(1, static_cast<std::int64_t>(dropped));
  }
  return budget;
}

/// The messages that fit beside `extra` tokens.
Result<std::vector<LlmMessage>> fitting(const ChatRenderer& renderer,
                                        const model::LlmPrompt& prompt, PromptLimits limits,
                                        std::int64_t extra) {
  const std::vector<LlmMessage>& messages = prompt.messages;
  if (messages.empty()) return Error{ErrorCode::invalid_argument, "the prompt has no messages"};
  std::vector<std::int64_t> tokens;
  tokens.reserve(messages.size());
  for (const LlmMessage& message : messages) {
    tokens.push_back(static_cast<std::int64_t>(renderer.count(message)));
  }
  const bool is_instructed = messages.front().role == LlmMessage::Role::system;
  const PromptBudget budget =
      budget_of(prompt.truncation, limits, extra, is_instructed ? tokens.front() : 0);
  const std::int64_t total = std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0});
  if (prompt.truncation.kind == model::LlmTruncation::Kind::disabled && total > budget.tokens_max) {
    return Error{ErrorCode::resource_exhausted,
                 "the conversation takes " + std::to_string(total) +
                     " tokens, the context has room for " +
                     std::to_string(std::max<std::int64_t>(0, budget.tokens_max)) +
                     ", and truncation is disabled"};
  }
  const std::optional<std::size_t> first = first_kept(messages, tokens, budget);
  if (!first) {
    const bool has_system = messages.size() > 1 && messages[0].role == LlmMessage::Role::system;
    const std::int64_t needed = tokens.back() + (has_system ? tokens.front() : 0);
    return Error{ErrorCode::resource_exhausted,
                 "the instructions and the newest item take " + std::to_string(needed) +
                     " tokens; the context has room for " +
                     std::to_string(std::max<std::int64_t>(0, budget.tokens_max))};
  }
  std::vector<LlmMessage> kept;
  if (messages.front().role == LlmMessage::Role::system) kept.push_back(messages.front());
  kept.insert(kept.end(), messages.begin() + static_cast<std::ptrdiff_t>(*first), messages.end());
  return kept;
}

std::size_t system_size(const ChatRenderer& renderer, const std::vector<LlmMessage>& messages) {
  if (messages.front().role != LlmMessage::Role::system) return 0;
  return renderer.render(std::span(messages).first(1), ChatRenderer::Tail::none).size();
}

}  // namespace

Result<BuiltPrompt> build_prompt(const Vocabulary& vocabulary, const ChatRenderer& renderer,
                                 const model::LlmPrompt& prompt, PromptLimits limits) {
  BuiltPrompt built;
  PARLEY_TRY(built.call_tools, forced_tools(prompt));
  std::vector<LlmMessage> after;
  std::vector<Token> opening;
  if (!built.call_tools.empty()) {
    after.push_back(describe(built.call_tools));
    vocabulary.append_plain(built.call_tools.size() == 1
                                ? R"({"name": ")" + built.call_tools[0].name + R"(", "arguments":)"
                                : std::string(R"({"name": ")"),
                            opening);
  }
  const std::size_t extra = opening.size() + (after.empty() ? 0 : renderer.count(after.front()));
  PARLEY_TRY(std::vector<LlmMessage> messages,
             fitting(renderer, prompt, limits, static_cast<std::int64_t>(extra)));
  built.system_size = system_size(renderer, messages);
  messages.insert(messages.end(), after.begin(), after.end());
  built.tokens = renderer.render(messages, ChatRenderer::Tail::assistant);
  built.tokens.insert(built.tokens.end(), opening.begin(), opening.end());
  return built;
}

BuiltPrompt build_prefix(const ChatRenderer& renderer, const model::LlmPrompt& prompt,
                         PromptLimits limits) {
  Result<std::vector<LlmMessage>> messages = fitting(renderer, prompt, limits, 0);
  if (!messages) return {};
  const LlmMessage::Role last = messages->back().role;
  const bool reply_is_next = last == LlmMessage::Role::user || last == LlmMessage::Role::tool;
  BuiltPrompt built;
  built.system_size = system_size(renderer, *messages);
  built.tokens = renderer.render(
      *messages, reply_is_next ? ChatRenderer::Tail::assistant : ChatRenderer::Tail::user);
  return built;
}

}  // namespace parley::backend
