// SPDX-License-Identifier: Apache-2.0
#include "server/tool_registry.h"

#include <algorithm>
#include <utility>

#include "backend/tools/builtin_tools.h"
#include "backend/tools/mcp_tools.h"
#include "backend/tools/webhook_tools.h"
#include "base/log.h"

namespace parley::server {
namespace {

bool has(std::span<const model::LlmTool> tools, std::string_view name) {
  return std::any_of(tools.begin(), tools.end(),
                     [name](const model::LlmTool& one) { return one.name == name; });
}

Result<backend::BuiltinSet> builtin_set(const Config& config, bool is_demonstration) {
  backend::BuiltinSet set{.time = false, .timer = false, .calculator = false, .memory = false};
  for (const std::string& name : config.tools.builtin) {
    if (name == "time") {
      set.time = true;
    } else if (name == "timer") {
      set.timer = true;
    } else if (name == "calculator") {
      set.calculator = true;
    } else if (name == "memory") {
      set.memory = true;
    } else if (name == "auto") {
      if (is_demonstration) set = {};
    } else if (name != "none") {
      return Error{
          ErrorCode::invalid_argument,
          "tools.builtin: '" + name + "' is none of auto, none, time, timer, calculator, memory"};
    }
  }
  return set;
}

}  // namespace

Result<std::unique_ptr<ToolRegistry>> ToolRegistry::make(
    std::vector<std::unique_ptr<model::ToolHost>> hosts) {
  std::unique_ptr<ToolRegistry> registry(new ToolRegistry);  // private
  for (const auto& host : hosts) {
    for (const model::LlmTool& tool : host->tools()) {
      if (has(registry->tools_, tool.name)) {
        return Error{ErrorCode::invalid_argument,
                     "tools.file: there are two functions '" + tool.name + "'"};
      }
      registry->tools_.push_back(tool);
    }
  }
  registry->hosts_ = std::move(hosts);
  return registry;
}

bool ToolRegistry::submit(std::shared_ptr<model::ToolCall> call) {
  for (const auto& host : hosts_) {
    if (has(host->tools(), call->name)) return host->submit(std::move(call));
  }
  call->status = Error{ErrorCode::not_found, "There is no such function."};
  call->finish();
  return true;
}

void ToolRegistry::forget(std::uint64_t session) noexcept {
  for (const auto& host : hosts_) host->forget(session);
}

Result<bool> has_builtin_tools(const Config& config, bool is_demonstration) {
  PARLEY_TRY(const backend::BuiltinSet set, builtin_set(config, is_demonstration));
  return set.time || set.timer || set.calculator || set.memory;
}

Result<std::unique_ptr<model::ToolHost>> open_tools(const Config& config, backend::ToolsFile file,
                                                    bool is_demonstration,
                                                    const ToolSurroundings& around) {
  std::vector<std::unique_ptr<model::ToolHost>> hosts;
  if (!file.webhooks.empty()) {
    PARLEY_TRY(auto webhooks,
               backend::WebhookTools::open(std::move(file.webhooks),
                                           {.allow_private = config.tools.allow_private},
                                           around.clock, around.metrics));
    hosts.push_back(std::move(webhooks));
  }
  for (backend::McpServer& server : file.servers) {
    Result<std::unique_ptr<backend::McpTools>> opened = backend::McpTools::open(
        std::move(server), {.allow_private = config.tools.allow_private}, around.metrics);
    if (opened) {
      hosts.push_back(std::move(*opened));
    } else {
      // Somebody else's machine is no reason not to serve.
      log::error("no tools", {{"error", opened.error().message}});
    }
  }
  PARLEY_TRY(const backend::BuiltinSet set, builtin_set(config, is_demonstration));
  auto builtin = std::make_unique<backend::BuiltinTools>(set, around.clock);
  if (!builtin->tools().empty()) hosts.push_back(std::move(builtin));
  if (hosts.empty()) return std::unique_ptr<model::ToolHost>();
  PARLEY_TRY(auto registry, ToolRegistry::make(std::move(hosts)));
  return std::unique_ptr<model::ToolHost>(std::move(registry));
}

}  // namespace parley::server
