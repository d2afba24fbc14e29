// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/rule_llm.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "backend/tools/builtin_tools.h"
#include "backend/tools/tool_rules.h"
#include "base/check.h"

namespace parley::backend {
namespace {

using model::LlmDelta;
using model::LlmMessage;
using Role = LlmMessage::Role;

constexpr std::string_view kFailed = "I am sorry, that did not work.";

/// What the outputs at the end of the prompt say, if all are of built-in functions.
std::optional<std::string> spoken_outputs(const model::LlmPrompt& prompt) {
  const auto& messages = prompt.messages;
  std::size_t first = messages.size();
  while (first > 0 && messages[first - 1].role == Role::tool) --first;
  if (first == messages.size() || first == 0) return std::nullopt;
  const auto& calls = messages[first - 1].tool_calls;
  const bool are_ours =
      !calls.empty() && std::all_of(calls.begin(), calls.end(), [](const auto& call) {
        return BuiltinTools::is_builtin(call.name);
      });
  if (!are_ours) return std::nullopt;
  std::string text;
  for (std::size_t i = first; i < messages.size(); ++i) {
    if (!text.empty()) text += ' ';
    text += messages[i].text.starts_with('{') ? std::string(kFailed) : messages[i].text;
  }
  return text;
}

std::optional<std::string> spoken_alarm(const model::LlmPrompt& prompt) {
  const LlmMessage& last = prompt.messages.back();
  if (last.role != Role::system || !last.text.starts_with(kSayPrefix)) return std::nullopt;
  return last.text.substr(kSayPrefix.size());
}

std::optional<model::LlmToolCall> asked_for(const model::LlmPrompt& prompt) {
  const LlmMessage& last = prompt.messages.back();
  if (last.role != Role::user || prompt.tool_choice.kind != model::LlmToolChoice::Kind::automatic) {
    return std::nullopt;
  }
  std::optional<model::LlmToolCall> call = find_builtin_call(last.text);
  const bool is_offered =
      call && std::any_of(prompt.tools.begin(), prompt.tools.end(),
                          [&](const model::LlmTool& tool) { return tool.name == call->name; });
  return is_offered ? call : std::nullopt;
}

/// Forced function calls are the model's: it fills in their arguments.
bool is_forced(const model::LlmPrompt& prompt) {
  using Kind = model::LlmToolChoice::Kind;
  return prompt.tool_choice.kind == Kind::required || prompt.tool_choice.kind == Kind::function;
}

/// Of several functions the small model takes any: it is shown the client's, and one that is named.
void hide_builtin_tools(model::LlmPrompt& prompt) {
  const std::string& named = prompt.tool_choice.function;
  std::erase_if(prompt.tools, [&](const model::LlmTool& tool) {
    return BuiltinTools::is_builtin(tool.name) && tool.name != named;
  });
}

void finish(model::LlmCall& call, model::LlmCall::Finish reason) {
  call.finish_reason = reason;
  call.usage = {};
  call.status = {};
  call.finish();
}

}  // namespace

bool RuleLlm::submit(std::shared_ptr<model::LlmCall> call) {
  const model::LlmPrompt& prompt = call->prompt;
  if (prompt.messages.empty() || is_forced(prompt)) {
    hide_builtin_tools(call->prompt);
    return host_->submit(std::move(call));
  }
  std::optional<std::string> text = spoken_outputs(prompt);
  if (!text) text = spoken_alarm(prompt);
  if (text) {
    // The ring is empty: the call was made for this.
    const bool said = call->deltas.try_push({LlmDelta::Kind::text, std::move(*text)});
    PARLEY_CHECK(said);
    finish(*call, model::LlmCall::Finish::stop);
    return true;
  }
  if (std::optional<model::LlmToolCall> made = asked_for(prompt)) {
    const bool said =
        call->deltas.try_push({LlmDelta::Kind::tool_name, std::move(made->name)}) &&
        call->deltas.try_push({LlmDelta::Kind::tool_arguments, std::move(made->arguments)});
    PARLEY_CHECK(said);
    finish(*call, model::LlmCall::Finish::tool_call);
    return true;
  }
  return host_->submit(std::move(call));
}

}  // namespace parley::backend
