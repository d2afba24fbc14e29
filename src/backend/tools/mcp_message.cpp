// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/mcp_message.h"

#include <utility>

#include <boost/json.hpp>

namespace parley::backend {
namespace {

namespace json = boost::json;

std::string request(std::int64_t id, std::string_view method, json::object params) {
  return json::serialize(json::object{
      {"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}});
}

Result<json::object> object_of(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) {
    return Error{ErrorCode::data_corrupt, "the MCP server's answer is no JSON object"};
  }
  return std::move(value.get_object());
}

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

}  // namespace

std::string mcp_initialize(std::int64_t id) {
  return request(id, "initialize",
                 {{"protocolVersion", kMcpVersion},
                  {"capabilities", json::object()},
                  {"clientInfo", {{"name", "parley"}, {"version", "1"}}}});
}

std::string mcp_initialized() {
  return R"({"jsonrpc":"2.0","method":"notifications/initialized"})";
}

std::string mcp_list_tools(std::int64_t id, std::string_view cursor) {
  json::object params;
  if (!cursor.empty()) params["cursor"] = cursor;
  return request(id, "tools/list", std::move(params));
}

std::string mcp_call_tool(std::int64_t id, std::string_view name, std::string_view arguments) {
  boost::system::error_code error;
  json::value parsed = json::parse(arguments, error);
  if (error || !parsed.is_object()) parsed = json::object();
  return request(id, "tools/call", {{"name", name}, {"arguments", std::move(parsed)}});
}

Result<std::optional<std::string>> mcp_result(std::string_view message, std::int64_t id) {
  PARLEY_TRY(const json::object object, object_of(message));
  const json::value* answered = object.if_contains("id");
  if (answered == nullptr || !answered->is_int64() || answered->get_int64() != id) {
    return std::optional<std::string>();
  }
  if (const json::value* error = object.if_contains("error")) {
    const json::object* what = error->if_object();
    return Error{ErrorCode::failed_precondition, what == nullptr
                                                     ? std::string("the MCP server refused")
                                                     : text_at(*what, "message")};
  }
  const json::value* result = object.if_contains("result");
  if (result == nullptr) return std::optional<std::string>();  // a request of the server's own
  return std::optional<std::string>(json::serialize(*result));
}

Result<std::string> mcp_version(std::string_view result) {
  PARLEY_TRY(const json::object object, object_of(result));
  std::string version = text_at(object, "protocolVersion");
  if (version.empty()) {
    return Error{ErrorCode::data_corrupt, "the MCP server names no protocol version"};
  }
  return version;
}

Result<McpPage> mcp_page(std::string_view result) {
  PARLEY_TRY(const json::object object, object_of(result));
  const json::value* listed = object.if_contains("tools");
  if (listed == nullptr || !listed->is_array()) {
    return Error{ErrorCode::data_corrupt, "the MCP server lists no tools"};
  }
  McpPage page;
  page.next_cursor = text_at(object, "nextCursor");
  for (const json::value& one : listed->get_array()) {
    const json::object* tool = one.if_object();
    if (tool == nullptr) continue;
    model::McpTool& read = page.tools.emplace_back();
    read.name = text_at(*tool, "name");
    read.description = text_at(*tool, "description");
    const json::value* schema = tool->if_contains("inputSchema");
    if (schema != nullptr && schema->is_object()) read.parameters = json::serialize(*schema);
    const json::value* annotations = tool->if_contains("annotations");
    if (annotations == nullptr || !annotations->is_object()) continue;
    read.annotations = json::serialize(*annotations);
    const json::value* hint = annotations->get_object().if_contains("readOnlyHint");
    read.is_read_only = hint != nullptr && hint->is_bool() && hint->get_bool();
  }
  return page;
}

Result<std::string> mcp_output(std::string_view result) {
  PARLEY_TRY(const json::object object, object_of(result));
  std::string text;
  if (const json::value* content = object.if_contains("content"); content && content->is_array()) {
    for (const json::value& one : content->get_array()) {
      const json::object* part = one.if_object();
      if (part == nullptr || text_at(*part, "type") != "text") continue;
      if (!text.empty()) text += '\n';
      text += text_at(*part, "text");
    }
  }
  if (text.empty()) {
    if (const json::value* structured = object.if_contains("structuredContent")) {
      text = json::serialize(*structured);
    }
  }
  const json::value* is_error = object.if_contains("isError");
  if (is_error != nullptr && is_error->is_bool() && is_error->get_bool()) {
    return Error{ErrorCode::failed_precondition, text.empty() ? "The tool failed." : text};
  }
  return text;
}

}  // namespace parley::backend
