// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/tools_file.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <utility>

#include <boost/json.hpp>

#include "base/yaml_json.h"
#include "transport/client/http_url.h"

namespace parley::backend {
namespace {

namespace json = boost::json;

constexpr std::size_t kNameMax = 64;
constexpr std::int64_t kTimeoutMsMax = 60'000;
constexpr std::int64_t kRetriesMax = 5;

Error wrong(const std::string& where, const std::string& why) {
  return {ErrorCode::invalid_argument, where + ": " + why};
}

/// Reads the members of one object and refuses those that nobody asked about.
class Members {
 public:
  Members(const json::object& object, std::string where)
      : object_(object), where_(std::move(where)) {}

  Status only(std::initializer_list<std::string_view> known) const {
    for (const json::key_value_pair& one : object_) {
      if (std::find(known.begin(), known.end(), std::string_view(one.key())) == known.end()) {
        return wrong(where_, "unknown key '" + std::string(one.key()) + "'");
      }
    }
    return {};
  }
  Result<std::string> text(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr || value->is_null()) return std::string();
    if (!value->is_string()) return wrong(where_, std::string(key) + " must be text");
    return std::string(value->get_string());
  }
  Result<std::int64_t> integer(std::string_view key, std::int64_t otherwise,
                               std::int64_t most) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr || value->is_null()) return otherwise;
    if (!value->is_int64() || value->get_int64() < 0 || value->get_int64() > most) {
      return wrong(where_,
                   std::string(key) + " must be a whole number from 0 to " + std::to_string(most));
    }
    return value->get_int64();
  }
  /// `key`, or what the variable that `<key>_env` names holds.
  Result<std::string> secret(std::string_view key) const {
    PARLEY_TRY(std::string value, text(key));
    PARLEY_TRY(const std::string variable, text(std::string(key) + "_env"));
    if (variable.empty()) return value;
    const char* const held = std::getenv(variable.c_str());
    if (held == nullptr) return wrong(where_, "the variable " + variable + " is not set");
    return std::string(held);
  }
  Result<std::string> url(std::string_view key) const {
    PARLEY_TRY(std::string value, text(key));
    if (const auto parsed = transport::parse_http_url(value); !parsed) {
      return parsed.error().with_context(where_);
    }
    return value;
  }
  Result<Millis> timeout(Millis otherwise) const {
    PARLEY_TRY(const std::int64_t ms, integer("timeout_ms", otherwise.count(), kTimeoutMsMax));
    return Millis(std::max<std::int64_t>(ms, 1));
  }
  [[nodiscard]] const json::object* object(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    return value == nullptr ? nullptr : value->if_object();
  }
  [[nodiscard]] bool has(std::string_view key) const { return object_.contains(key); }

 private:
  const json::object& object_;
  const std::string where_;
};

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

/// The name, the description and the schema, of either format.
Result<model::LlmTool> read_function(const json::object& object, const std::string& where) {
  const Members members(object, where);
  model::LlmTool tool;
  PARLEY_TRY(tool.name, members.text("name"));
  if (!is_name(tool.name)) {
    return wrong(where, "name must be 1 to 64 of the characters A-Z a-z 0-9 _ -");
  }
  PARLEY_TRY(tool.description, members.text("description"));
  if (members.has("parameters")) {
    const json::object* parameters = members.object("parameters");
    if (parameters == nullptr) return wrong(where, "parameters must be a JSON schema");
    tool.parameters = json::serialize(*parameters);
  }
  return tool;
}

Result<WebhookTool> read_webhook(const json::object& object, model::LlmTool tool,
                                 const std::string& where) {
  const Members members(object, where);
  PARLEY_TRY_STATUS(members.only({"url", "secret", "secret_env", "timeout_ms", "retries"}));
  WebhookTool webhook;
  webhook.tool = std::move(tool);
  PARLEY_TRY(webhook.url, members.url("url"));
  PARLEY_TRY(webhook.secret, members.secret("secret"));
  PARLEY_TRY(webhook.timeout, members.timeout(webhook.timeout));
  PARLEY_TRY(const std::int64_t retries, members.integer("retries", webhook.retries, kRetriesMax));
  webhook.retries = static_cast<int>(retries);
  return webhook;
}

Status read_entry(const json::value& value, const std::string& where, ToolsFile& file) {
  const json::object* object = value.if_object();
  if (object == nullptr) return wrong(where, "must be a function");
  const Members members(*object, where);
  PARLEY_TRY_STATUS(
      members.only({"type", "function", "name", "description", "parameters", "webhook", "strict"}));
  PARLEY_TRY(const std::string type, members.text("type"));
  if (!type.empty() && type != "function") return wrong(where, "type must be 'function'");
  const json::object* nested = members.object("function");
  if (nested != nullptr && members.has("name")) {
    return wrong(where, "has a name outside of 'function' too");
  }
  if (nested != nullptr) {
    PARLEY_TRY_STATUS(
        Members(*nested, where).only({"name", "description", "parameters", "strict"}));
  }
  PARLEY_TRY(model::LlmTool tool, read_function(nested == nullptr ? *object : *nested, where));
  if (!members.has("webhook")) {
    file.of_client.push_back(std::move(tool));
    return {};
  }
  const json::object* webhook = members.object("webhook");
  if (webhook == nullptr) return wrong(where, "webhook must have a url");
  PARLEY_TRY(WebhookTool read, read_webhook(*webhook, std::move(tool), where));
  file.webhooks.push_back(std::move(read));
  return {};
}

Result<std::optional<std::vector<std::string>>> read_names(const json::object& object,
                                                           std::string_view key,
                                                           const std::string& where) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::optional<std::vector<std::string>>();
  std::vector<std::string> names;
  if (const json::array* list = value->if_array()) {
    for (const json::value& one : *list) {
      if (!one.is_string()) return wrong(where, std::string(key) + " must be a list of names");
      names.emplace_back(one.get_string());
    }
    return std::optional(std::move(names));
  }
  return wrong(where, std::string(key) + " must be a list of names");
}

Status read_server(const json::value& value, const std::string& where, ToolsFile& file) {
  const json::object* object = value.if_object();
  if (object == nullptr) return wrong(where, "must be an MCP server");
  const Members members(*object, where);
  PARLEY_TRY_STATUS(members.only({"type", "server_label", "server_url", "authorization",
                                  "authorization_env", "allowed_tools", "timeout_ms"}));
  McpServer server;
  PARLEY_TRY(const std::string type, members.text("type"));
  if (!type.empty() && type != "mcp") return wrong(where, "type must be 'mcp'");
  PARLEY_TRY(server.label, members.text("server_label"));
  if (!is_name(server.label)) return wrong(where, "server_label must be a name");
  PARLEY_TRY(server.url, members.url("server_url"));
  PARLEY_TRY(server.authorization, members.secret("authorization"));
  PARLEY_TRY(server.allowed_tools, read_names(*object, "allowed_tools", where));
  PARLEY_TRY(server.timeout, members.timeout(server.timeout));
  file.servers.push_back(std::move(server));
  return {};
}

/// Each entry of the list `key`, if there is one.
template <typename Read>
Status read_list(const json::object& root, const std::string& key, const std::string& name,
                 ToolsFile& file, Read read) {
  const json::value* list = root.if_contains(key);
  if (list == nullptr || list->is_null()) return {};
  if (!list->is_array()) return wrong(name, key + " must be a list");
  std::size_t index = 0;
  for (const json::value& one : list->get_array()) {
    PARLEY_TRY_STATUS(read(one, name + ": " + key + "[" + std::to_string(index++) + "]", file));
  }
  return {};
}

}  // namespace

Result<ToolsFile> parse_tools(std::string_view yaml, const std::string& name) {
  if (yaml.size() > kToolsFileBytesMax) return wrong(name, "is too large");
  PARLEY_TRY(const std::string text, yaml_to_json(yaml, name));
  boost::system::error_code error;
  const json::value root = json::parse(text, error);
  if (error) return wrong(name, "is not what a list of functions looks like");
  ToolsFile file;
  if (root.is_null()) return file;
  const json::object* object = root.if_object();
  if (object == nullptr) return wrong(name, "must begin with 'functions:'");
  PARLEY_TRY_STATUS(Members(*object, name).only({"functions", "mcp"}));
  PARLEY_TRY_STATUS(read_list(*object, "functions", name, file, read_entry));
  PARLEY_TRY_STATUS(read_list(*object, "mcp", name, file, read_server));
  return file;
}

Result<ToolsFile> read_tools(const std::string& path) {
  if (path.empty()) return ToolsFile{};
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Error{ErrorCode::not_found, "tools.file: there is no file " + path};
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  return parse_tools(text, path);
}

}  // namespace parley::backend
