// SPDX-License-Identifier: Apache-2.0
//
// Whatever an MCP server answers: an error, or text that can go on to a model and tools whose
// schemas are JSON. The bytes are the whole message, and the result that one would carry.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "backend/tools/mcp_message.h"

namespace {

using namespace parley;  // NOLINT: one file, one subject
namespace json = boost::json;

constexpr std::int64_t kId = 1;

void require(bool condition) {
  if (!condition) std::abort();
}

json::value parsed(std::string_view text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  require(!error);
  return value;
}

/// It can be told to a client and to a model.
void require_text(std::string_view text) {
  require(parsed(json::serialize(json::value(text))).as_string() == text);
}

void read_result(std::string_view result) {
  if (const auto version = backend::mcp_version(result)) {
    require(!version->empty());
    require_text(*version);
  }
  if (const auto output = backend::mcp_output(result)) {
    require_text(*output);
  } else {
    require_text(output.error().message);
  }
  const auto page = backend::mcp_page(result);
  if (!page) return;
  parsed(backend::mcp_list_tools(kId, page->next_cursor));
  for (const model::McpTool& tool : page->tools) {
    require_text(tool.description);
    if (!tool.parameters.empty()) require(parsed(tool.parameters).is_object());
    if (!tool.annotations.empty()) require(parsed(tool.annotations).is_object());
    const json::value call = parsed(backend::mcp_call_tool(kId, tool.name, tool.description));
    require(std::string_view(call.at("params").at("name").as_string()) == tool.name);
    require(call.at("params").at("arguments").is_object());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_result(text);
  const auto result = backend::mcp_result(text, kId);
  if (!result) {
    require_text(result.error().message);
  } else if (*result) {
    parsed(**result);
    read_result(**result);
  }
  return 0;
}
