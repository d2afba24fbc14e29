// SPDX-License-Identifier: Apache-2.0
//
// The fields that a session and a single response have in common.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "protocol/realtime/session_parser.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kToolNameMax = 64;  // bytes
constexpr std::int32_t kOutputTokensMax = 4096;

constexpr std::array<Choice<media::Codec>, 3> kCodecs{{{"audio/pcm", media::Codec::pcm16},
                                                       {"audio/pcmu", media::Codec::pcmu},
                                                       {"audio/pcma", media::Codec::pcma}}};
constexpr std::array<Choice<Modality>, 2> kModalities{
    {{"audio", Modality::audio}, {"text", Modality::text}}};
constexpr std::array<Choice<ToolChoice::Kind>, 3> kToolChoices{
    {{"auto", ToolChoice::Kind::automatic},
     {"none", ToolChoice::Kind::none},
     {"required", ToolChoice::Kind::required}}};
enum class ToolType : std::uint8_t { function, mcp };
constexpr std::array<Choice<ToolType>, 2> kToolTypes{
    {{"function", ToolType::function}, {"mcp", ToolType::mcp}}};
constexpr std::array<Choice<bool>, 5> kEfforts{
    {{"minimal", true}, {"low", true}, {"medium", true}, {"high", true}, {"xhigh", true}}};

/// Which tools a setting is about: their names, or {"tool_names":[…],"read_only":…}. Nothing: it is
/// neither.
std::optional<McpFilter> read_tool_filter(const json::value& value) {
  McpFilter filter;
  const json::array* names = value.if_array();
  if (const json::object* object = value.if_object()) {
    const json::value* listed = object->if_contains("tool_names");
    names = listed == nullptr ? nullptr : listed->if_array();
    const json::value* read_only = object->if_contains("read_only");
    if (read_only != nullptr && read_only->is_bool()) filter.is_read_only = read_only->get_bool();
  } else if (names == nullptr) {
    return std::nullopt;
  }
  if (names == nullptr) return filter;
  filter.names.emplace();
  for (const json::value& name : *names) {
    if (!name.is_string()) return std::nullopt;
    filter.names->emplace_back(name.get_string());
  }
  return filter;
}

/// "always", "never", or {"always":{…},"never":{…}}.
void read_approval(const json::value& value, McpServer& server) {
  if (value.is_string()) {
    if (value.get_string() == "never") server.without_approval.emplace();
    return;
  }
  const auto filter_at = [&](std::string_view key) -> std::optional<McpFilter> {
    const json::value* filter = value.get_object().if_contains(key);
    return filter == nullptr ? std::nullopt : read_tool_filter(*filter);
  };
  server.with_approval = filter_at("always");
  server.without_approval = filter_at("never");
}

void read_mcp_rules(ObjectReader& reader, McpServer& server) {
  if (const json::value* allowed = reader.find("allowed_tools")) {
    if (const std::optional<McpFilter> filter = read_tool_filter(*allowed)) {
      server.allowed = *filter;
    } else {
      reader.problems().report(invalid_type(reader.path_of("allowed_tools"),
                                            "an array of names or an object", kind_of(*allowed)));
    }
  }
  if (const json::value* approval = reader.find("require_approval")) {
    static constexpr std::array<Choice<bool>, 2> kWords{{{"always", true}, {"never", true}}};
    if (approval->is_object() ||
        read_choice(*approval, reader.path_of("require_approval"), kWords, reader.problems())) {
      read_approval(*approval, server);
    }
  }
  if (const json::value* callers = reader.find("allowed_callers")) {
    read_strings(*callers, reader.path_of("allowed_callers"), reader.problems());
  }
}

std::shared_ptr<const McpServer> read_mcp_server(ObjectReader& reader, const json::object& tool) {
  McpServer server;
  server.label = reader.required_string("server_label");
  server.url = reader.string("server_url").value_or("");
  server.connector_id = reader.string("connector_id").value_or("");
  server.tunnel_id = reader.string("tunnel_id").value_or("");
  if (server.url.empty() && server.connector_id.empty() && server.tunnel_id.empty()) {
    reader.problems().report(missing_parameter(reader.path_of("server_url")));
  }
  server.authorization = reader.string("authorization").value_or("");
  if (const json::value* headers = reader.find("headers")) {
    const std::string path = reader.path_of("headers");
    if (const json::object* fields = read_object(*headers, path, reader.problems())) {
      for (const json::key_value_pair& field : *fields) {
        const std::string name(field.key());
        server.headers.emplace_back(
            name, read_string(field.value(), path + "." + name, reader.problems()).value_or(""));
      }
    }
  }
  read_mcp_rules(reader, server);
  reader.string("server_description");
  reader.boolean("defer_loading");
  reader.finish();
  json::object shown(tool);
  shown.erase("authorization");
  shown.erase("headers");
  server.shown = json::serialize(shown);
  return std::make_shared<const McpServer>(std::move(server));
}

std::optional<Tool> read_tool(const json::value& value, std::string_view path, Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader reader(*object, std::string(path), problems, ObjectReader::Null::is_absent);
  reader.require("type");
  const std::optional<ToolType> type = reader.choice("type", kToolTypes);
  if (!type) return std::nullopt;
  if (*type == ToolType::mcp) return Tool{{}, {}, {}, read_mcp_server(reader, *object)};
  Tool tool;
  tool.name = reader.required_string("name");
  if (tool.name.size() > kToolNameMax) {
    problems.report(string_too_long(reader.path_of("name"), kToolNameMax, tool.name.size()));
  }
  tool.description = reader.string("description");
  if (const json::value* parameters = reader.find("parameters")) {
    read_object(*parameters, reader.path_of("parameters"), problems);
    tool.parameters = json::serialize(*parameters);
  }
  reader.finish();
  return tool;
}

}  // namespace

std::optional<WireFormat> read_format(const json::value& value, std::string_view path,
                                      Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader reader(*object, std::string(path), problems, ObjectReader::Null::is_absent);
  reader.require("type");
  const std::optional<media::Codec> codec = reader.choice("type", kCodecs);
  if (!codec) return std::nullopt;
  const WireFormat format{*codec};
  // One rate each; a client that names it must name that one.
  reader.integer("rate", format.rate(), format.rate());
  reader.finish();
  return format;
}

std::optional<Voice> read_voice(const json::value& value, std::string_view path,
                                Problems& problems) {
  Voice voice;
  if (const json::object* object = value.if_object()) {
    ObjectReader reader(*object, std::string(path), problems);
    voice = {reader.required_string("id"), true};
    reader.finish();
  } else if (std::optional<std::string> name = read_string(value, path, problems)) {
    voice = {std::move(*name), false};
  }
  if (!voice.name.empty()) return voice;
  problems.report(invalid_value(std::string(path), "Invalid value: a voice needs a name."));
  return std::nullopt;
}

std::optional<Modality> read_modality(const json::value& value, std::string_view path,
                                      Problems& problems) {
  const std::optional<std::vector<std::string>> names = read_strings(value, path, problems);
  if (!names) return std::nullopt;
  std::string list;
  Modality modality = Modality::audio;
  for (std::size_t i = 0; i < names->size(); ++i) {
    const std::optional<Modality> one =
        read_choice(value.get_array()[i], element_path(path, i), kModalities, problems);
    if (!one) return std::nullopt;
    modality = *one;
    list += (i == 0 ? "'" : ", '") + (*names)[i] + "'";
  }
  if (names->size() == 1) return modality;
  problems.report(
      invalid_value(std::string(path), "Invalid modalities: [" + list +
                                           "]. Supported combinations are: ['text'] and "
                                           "['audio']."));
  return std::nullopt;
}

std::optional<std::vector<Tool>> read_tools(const json::value& value, std::string_view path,
                                            Problems& problems) {
  const json::array* array = read_array(value, path, problems);
  if (array == nullptr) return std::nullopt;
  std::vector<Tool> tools;
  for (std::size_t i = 0; i < array->size(); ++i) {
    std::optional<Tool> tool = read_tool((*array)[i], element_path(path, i), problems);
    if (!tool) return std::nullopt;
    tools.push_back(std::move(*tool));
  }
  return tools;
}

std::optional<ToolChoice> read_tool_choice(const json::value& value, std::string_view path,
                                           Problems& problems) {
  if (const json::object* object = value.if_object()) {
    ObjectReader reader(*object, std::string(path), problems);
    reader.require("type");
    const bool is_mcp = reader.choice("type", kToolTypes) == ToolType::mcp;
    ToolChoice choice;
    choice.kind = is_mcp ? ToolChoice::Kind::mcp : ToolChoice::Kind::function;
    if (is_mcp) choice.server_label = reader.required_string("server_label");
    choice.function = is_mcp ? reader.string("name").value_or("") : reader.required_string("name");
    reader.finish();
    return choice;
  }
  const std::optional<ToolChoice::Kind> kind = read_choice(value, path, kToolChoices, problems);
  if (!kind) return std::nullopt;
  return ToolChoice{*kind, {}, {}};
}

std::optional<std::int32_t> read_max_output_tokens(const json::value& value, std::string_view path,
                                                   Problems& problems) {
  if (value.is_string()) {
    static constexpr std::array<Choice<std::int32_t>, 1> kWords{{{"inf", 0}}};
    return read_choice(value, path, kWords, problems);
  }
  if (value.is_int64() && value.get_int64() >= 1 && value.get_int64() <= kOutputTokensMax) {
    return static_cast<std::int32_t>(value.get_int64());
  }
  const std::string expected = "an integer between 1 and 4096 or 'inf'";
  if (value.is_number()) {
    problems.report(invalid_value(std::string(path), "Invalid value for '" + std::string(path) +
                                                         "': expected " + expected + "."));
  } else {
    problems.report(invalid_type(std::string(path), expected, kind_of(value)));
  }
  return std::nullopt;
}

std::optional<std::string> read_prompt(const json::value& value, std::string_view path,
                                       Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader reader(*object, std::string(path), problems, ObjectReader::Null::is_absent);
  reader.required_string("id");
  reader.string("version");
  if (const json::value* variables = reader.find("variables")) {
    read_object(*variables, reader.path_of("variables"), problems);
  }
  reader.finish();
  return json::serialize(value);
}

std::optional<std::string> read_reasoning(const json::value& value, std::string_view path,
                                          Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader reader(*object, std::string(path), problems, ObjectReader::Null::is_absent);
  reader.choice("effort", kEfforts);
  reader.finish();
  return json::serialize(value);
}

}  // namespace parley::protocol
