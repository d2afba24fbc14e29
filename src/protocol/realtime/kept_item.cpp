// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/kept_item.h"

#include <array>
#include <memory>
#include <utility>

#include <boost/json.hpp>

#include "protocol/json_writer.h"
#include "protocol/realtime/item_names.h"
#include "protocol/realtime/response_writer.h"
#include "protocol/realtime/session_writer.h"

namespace parley::protocol {
namespace {

namespace json = boost::json;
using Kind = ItemContent::Kind;

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  const json::string* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

bool has_text(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_string();
}

std::int64_t integer_of(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  const std::int64_t* const number = value == nullptr ? nullptr : value->if_int64();
  return number == nullptr ? 0 : *number;
}

bool flag_of(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const json::object* object_of(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_of(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_array();
}

/// False when the text is none of the names.
template <typename E, std::size_t N>
bool read_name(const json::object& object, std::string_view key,
               const std::array<Choice<E>, N>& names, E& to) {
  const std::optional<E> value = value_of(text_of(object, key), names);
  if (value) to = *value;
  return value.has_value();
}

/// Texts with their times, where there are any. False when they are something else.
bool read_times(const json::object& object, std::string_view key, std::vector<WordInfo>& to) {
  const json::array* const list = array_of(object, key);
  if (list == nullptr) return true;
  for (const json::value& value : *list) {
    const json::object* const one = value.if_object();
    if (one == nullptr) return false;
    to.push_back({text_of(*one, "text"), integer_of(*one, "start_ms"), integer_of(*one, "end_ms")});
  }
  return true;
}

bool read_part(const json::object& object, KeptItem& to) {
  ItemContent& part = to.item.content.emplace_back();
  KeptSound& sound = to.sounds.emplace_back();
  if (!read_name(object, "type", kContentKinds, part.kind)) return false;
  switch (part.kind) {
    case Kind::input_text:
    case Kind::output_text:
      part.text = text_of(object, "text");
      return true;
    case Kind::input_image:
      part.text = text_of(object, "image_url");
      part.detail = text_of(object, "detail");
      return true;
    case Kind::input_audio:
    case Kind::output_audio:
      break;
  }
  part.text = text_of(object, "transcript");
  part.has_transcript = has_text(object, "transcript");
  sound.rate = static_cast<int>(integer_of(object, "rate"));
  sound.samples = integer_of(object, "samples");
  if (has_text(object, "heard")) sound.heard = text_of(object, "heard");
  sound.is_silence = flag_of(object, "silence");
  return read_times(object, "words", part.words) && read_times(object, "clauses", sound.clauses);
}

/// Nothing where there is none.
std::optional<std::string> json_of(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  return json::serialize(*value);
}

std::optional<std::string> optional_text(const json::object& object, std::string_view key) {
  if (!has_text(object, key)) return std::nullopt;
  return text_of(object, key);
}

void read_mcp(const json::object& object, Item& item) {
  McpFields mcp;
  mcp.server_label = text_of(object, "server_label");
  if (item.type == Item::Type::mcp_list_tools) mcp.tools = json_of(object, "tools").value_or("[]");
  if (item.type == Item::Type::mcp_call) mcp.output = optional_text(object, "output");
  mcp.error = json_of(object, "error");
  mcp.approval_request_id = text_of(object, "approval_request_id");
  mcp.approve = flag_of(object, "approve");
  mcp.reason = optional_text(object, "reason");
  item.mcp = std::make_shared<const McpFields>(std::move(mcp));
}

bool read_fields(const json::object& object, KeptItem& to) {
  Item& item = to.item;
  item.id = text_of(object, "id");
  if (item.id.empty() || !read_name(object, "type", kItemTypes, item.type)) return false;
  const bool is_mcp = item.type != Item::Type::message && item.type != Item::Type::function_call &&
                      item.type != Item::Type::function_call_output;
  // Those of MCP servers have no status.
  if (!is_mcp && !read_name(object, "status", kItemStatuses, item.status)) return false;
  if (is_mcp) read_mcp(object, item);
  item.name = text_of(object, "name");
  item.call_id = text_of(object, "call_id");
  item.arguments = text_of(object, "arguments");
  if (!is_mcp) item.output = text_of(object, "output");
  if (item.type != Item::Type::message) return true;
  const json::array* const parts = array_of(object, "content");
  if (parts == nullptr || !read_name(object, "role", kItemRoles, item.role)) return false;
  to.moderation = text_of(object, "moderation");
  for (const json::value& part : *parts) {
    if (!part.is_object() || !read_part(part.get_object(), to)) return false;
  }
  return true;
}

Result<json::object> parse_object(std::string_view text) {
  json::error_code failure;
  json::value value = json::parse(text, failure);
  if (failure || !value.is_object()) {
    return Error{ErrorCode::data_corrupt, "a record of a conversation is no JSON object"};
  }
  return std::move(value.get_object());
}

}  // namespace

std::string to_json(const KeptItem& item) {
  std::string out;
  JsonWriter writer(out);
  write_kept_item(writer, item);
  return out;
}

Result<KeptItem> read_kept_item(std::string_view text) {
  PARLEY_TRY(const json::object object, parse_object(text));
  KeptItem item;
  if (!read_fields(object, item)) {
    return Error{ErrorCode::data_corrupt, "a record of a conversation is no item"};
  }
  return item;
}

std::string kept_response_json(const ResponseObject& response, std::int64_t at) {
  std::string out;
  JsonWriter writer(out);
  write_kept_response(writer, response, at);
  return out;
}

Status add_usage(std::string_view kept_response, TokenUsage& total) {
  PARLEY_TRY(const json::object object, parse_object(kept_response));
  const json::object* const usage = object_of(object, "usage");
  if (usage == nullptr) return {};
  if (const json::object* const input = object_of(*usage, "input_token_details")) {
    total.input_text += integer_of(*input, "text_tokens");
    total.input_audio += integer_of(*input, "audio_tokens");
    total.cached_text += integer_of(*input, "cached_tokens");
  }
  if (const json::object* const output = object_of(*usage, "output_token_details")) {
    total.output_text += integer_of(*output, "text_tokens");
    total.output_audio += integer_of(*output, "audio_tokens");
  }
  return {};
}

std::string transcript_line(const KeptItem& kept) {
  const Item& item = kept.item;
  if (item.type == Item::Type::function_call || item.type == Item::Type::mcp_call) {
    std::string line = "assistant calls " + item.name + "(" + item.arguments + ")\n";
    if (item.mcp && item.mcp->output) line += "result: " + *item.mcp->output + "\n";
    return line;
  }
  if (item.type == Item::Type::function_call_output) return "result: " + item.output + "\n";
  std::string words;
  for (std::size_t i = 0; i < item.content.size(); ++i) {
    const ItemContent& part = item.content[i];
    const KeptSound* const sound = i < kept.sounds.size() ? &kept.sounds[i] : nullptr;
    const std::string& text = sound != nullptr && sound->heard ? *sound->heard : part.text;
    if (part.kind == Kind::input_image || text.empty()) continue;
    if (!words.empty()) words += ' ';
    words += text;
  }
  if (words.empty()) return {};
  const std::string_view who = item.role == Item::Role::user     ? "user: "
                               : item.role == Item::Role::system ? "system: "
                                                                 : "assistant: ";
  return std::string(who) + words + "\n";
}

}  // namespace parley::protocol
