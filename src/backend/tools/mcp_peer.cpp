// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/mcp_peer.h"

#include "backend/tools/mcp_message.h"

namespace parley::backend {

void McpPeer::introduce(OnDone done) {
  session_.clear();
  version_ = std::string(kMcpVersion);
  const std::int64_t id = ++last_id_;
  send(id, mcp_initialize(id), [self = shared_from_this(), done](McpExchange::Answer answer) {
    Result<std::string> version =
        answer.result ? mcp_version(*answer.result) : Result<std::string>(answer.result.error());
    if (!version) {
      done(version.error());
      return;
    }
    self->session_ = std::move(answer.session);
    self->version_ = std::move(*version);
    self->send(0, mcp_initialized(), [done](McpExchange::Answer told) {
      done(told.result ? Status() : Status(told.result.error()));
    });
  });
}

std::shared_ptr<McpExchange> McpPeer::call(const model::ToolCall& call, McpExchange::OnDone done) {
  const std::int64_t id = ++last_id_;
  return send(id, mcp_call_tool(id, call.name, call.arguments), std::move(done));
}

void McpPeer::leave() {
  if (session_.empty()) return;
  send(0, {}, [self = shared_from_this()](const McpExchange::Answer&) {}, "DELETE");
}

void McpPeer::close() {
  for (const auto& one : open_) {
    if (const auto exchange = one.lock()) exchange->close();
  }
}

std::shared_ptr<McpExchange> McpPeer::send(std::int64_t id, std::string body,
                                           McpExchange::OnDone done, std::string method) {
  transport::ClientRequest request{.url = url_};
  request.method = std::move(method);
  request.headers = server_.headers;
  if (!server_.authorization.empty()) {
    request.headers.emplace_back("Authorization", server_.authorization);
  }
  request.headers.insert(request.headers.end(), {{"Content-Type", "application/json"},
                                                 {"Accept", "application/json, text/event-stream"},
                                                 {"MCP-Protocol-Version", version_},
                                                 {"User-Agent", "parley"}});
  if (!session_.empty()) request.headers.emplace_back("Mcp-Session-Id", session_);
  request.body = std::move(body);
  auto exchange = std::make_shared<McpExchange>(id, std::move(done));
  exchange->begin(http_, std::move(request), timeout_);
  std::erase_if(open_, [](const auto& one) { return one.expired(); });
  open_.push_back(exchange);
  return exchange;
}

void McpPeer::list_page(const std::string& cursor, std::vector<model::McpTool> found,
                        OnListed done) {
  const std::int64_t id = ++last_id_;
  send(id, mcp_list_tools(id, cursor),
       [self = shared_from_this(), found = std::move(found),
        done = std::move(done)](McpExchange::Answer answer) mutable {
         Result<McpPage> page =
             answer.result ? mcp_page(*answer.result) : Result<McpPage>(answer.result.error());
         if (!page) {
           done(page.error());
           return;
         }
         for (model::McpTool& tool : page->tools) {
           if (tool.name.empty() || found.size() >= kMcpToolsMax) continue;
           found.push_back(std::move(tool));
         }
         if (page->next_cursor.empty() || found.size() >= kMcpToolsMax ||
             ++self->pages_ >= kMcpPagesMax) {
           done(std::move(found));
         } else {
           self->list_page(page->next_cursor, std::move(found), std::move(done));
         }
       });
}

}  // namespace parley::backend
