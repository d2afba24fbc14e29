// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/mcp_tools.h"

#include <algorithm>
#include <future>
#include <utility>

#include "base/log.h"

namespace parley::backend {
namespace {

bool is_allowed(const McpServer& server, const std::string& name) {
  if (!server.allowed_tools) return true;
  const std::vector<std::string>& allowed = *server.allowed_tools;
  return std::find(allowed.begin(), allowed.end(), name) != allowed.end();
}

}  // namespace

Result<std::unique_ptr<McpTools>> McpTools::open(McpServer server, const McpOptions& options,
                                                 Metrics& metrics) {
  std::unique_ptr<McpTools> tools(new McpTools);  // private
  tools->client_ = std::make_unique<McpClient>(options, metrics);
  auto told = std::make_shared<std::promise<Result<McpOpened>>>();
  std::future<Result<McpOpened>> answer = told->get_future();
  tools->client_->open({server.label, server.url, server.authorization, {}}, server.timeout,
                       [told](Result<McpOpened> opened) { told->set_value(std::move(opened)); });
  Result<McpOpened> opened = answer.get();  // comes in bounded time
  if (!opened) return opened.error().with_context("MCP server " + server.label);
  for (model::McpTool& tool : opened->tools) {
    if (is_allowed(server, tool.name)) tools->tools_.push_back(std::move(tool));
  }
  tools->host_ = std::move(opened->host);
  log::info("MCP server", {{"label", server.label}, {"tools", tools->tools_.size()}});
  return tools;
}

bool McpTools::submit(std::shared_ptr<model::ToolCall> call) {
  return host_->submit(std::move(call));
}
void McpTools::forget(std::uint64_t) noexcept {}

}  // namespace parley::backend
