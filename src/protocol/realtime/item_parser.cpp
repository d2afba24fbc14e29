// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/item_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64.h"
#include "protocol/realtime/client_event.h"
#include "protocol/realtime/item_names.h"

namespace parley::protocol {
namespace {

using Kind = ItemContent::Kind;
using Null = ObjectReader::Null;

constexpr std::array<Choice<bool>, 1> kObjects{{{"realtime.item", true}}};

// Which parts a role may have.
constexpr std::array<Choice<Kind>, 1> kSystemParts{{{"input_text", Kind::input_text}}};
constexpr std::array<Choice<Kind>, 3> kUserParts{{{"input_text", Kind::input_text},
                                                  {"input_audio", Kind::input_audio},
                                                  {"input_image", Kind::input_image}}};
constexpr std::array<Choice<Kind>, 2> kAssistantParts{
    {{"output_text", Kind::output_text}, {"output_audio", Kind::output_audio}}};

constexpr std::array<Choice<std::string_view>, 3> kDetails{
    {{"auto", "auto"}, {"low", "low"}, {"high", "high"}}};

std::optional<Kind> read_part_kind(ObjectReader& part, Item::Role role) {
  if (part.require("type") == nullptr) return std::nullopt;
  switch (role) {
    case Item::Role::system:
      return part.choice("type", kSystemParts);
    case Item::Role::user:
      return part.choice("type", kUserParts);
    case Item::Role::assistant:
      break;
  }
  return part.choice("type", kAssistantParts);
}

void read_input_audio(ObjectReader& part, media::BufferPool& buffers, ItemContent& content) {
  std::optional<std::string> transcript = part.string("transcript");
  content.has_transcript = transcript.has_value();
  content.text = std::move(transcript).value_or(std::string());
  const json::value* audio = content.has_transcript ? part.find("audio") : part.require("audio");
  if (audio == nullptr) return;
  std::optional<media::BufferRef> bytes =
      read_audio(*audio, part.path_of("audio"), buffers, part.problems());
  if (bytes) content.audio = std::move(*bytes);
}

void read_image(ObjectReader& part, ItemContent& content) {
  content.text = part.required_string("image_url");
  content.detail = part.choice("detail", kDetails).value_or("");
  const bool is_data = content.text.starts_with("data:image/png;base64,") ||
                       content.text.starts_with("data:image/jpeg;base64,");
  if (!is_data) {
    part.problems().report(invalid_value(part.path_of("image_url"),
                                         "Invalid value: expected a data URL that begins with "
                                         "'data:image/png;base64,' or 'data:image/jpeg;base64,'."));
  }
}

std::optional<ItemContent> read_part(const json::value& value, std::string_view path,
                                     Item::Role role, media::BufferPool& buffers,
                                     Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader part(*object, std::string(path), problems, Null::is_absent);
  const std::optional<Kind> kind = read_part_kind(part, role);
  if (!kind) return std::nullopt;
  ItemContent content;
  content.kind = *kind;
  switch (*kind) {
    case Kind::input_text:
    case Kind::output_text:
      content.text = part.required_string("text");
      break;
    case Kind::input_audio:
      read_input_audio(part, buffers, content);
      break;
    case Kind::input_image:
      read_image(part, content);
      break;
    case Kind::output_audio:
      // Clients cannot make up what the assistant said aloud: only its words, as text.
      content.kind = Kind::output_text;
      content.text = part.required_string("text");
      break;
  }
  part.finish();
  return content;
}

void read_message(ObjectReader& reader, media::BufferPool& buffers, Item& item) {
  if (reader.require("role") == nullptr) return;
  item.role = reader.choice("role", kItemRoles).value_or(Item::Role::user);
  const json::value* value = reader.require("content");
  if (value == nullptr) return;
  const std::string path = reader.path_of("content");
  const json::array* parts = read_array(*value, path, reader.problems());
  if (parts == nullptr) return;
  for (std::size_t i = 0; i < parts->size() && !reader.problems().any(); ++i) {
    std::optional<ItemContent> part =
        read_part((*parts)[i], element_path(path, i), item.role, buffers, reader.problems());
    if (part) item.content.push_back(std::move(*part));
  }
}

void read_call_id(ObjectReader& reader, bool required, Item& item) {
  if (required && reader.require("call_id") == nullptr) return;
  std::optional<std::string> call_id = reader.string("call_id");
  if (!call_id) return;
  check_id(*call_id, reader.path_of("call_id"), reader.problems());
  item.call_id = std::move(*call_id);
}

std::string json_array(ObjectReader& reader, std::string_view key) {
  const json::value* value = reader.require(key);
  if (value == nullptr) return {};
  read_array(*value, reader.path_of(key), reader.problems());
  return json::serialize(*value);
}

std::optional<std::string> json_object(ObjectReader& reader, std::string_view key) {
  const json::value* value = reader.find(key);
  if (value == nullptr) return std::nullopt;
  read_object(*value, reader.path_of(key), reader.problems());
  return json::serialize(*value);
}

void read_mcp(ObjectReader& reader, Item::Type type, Item& item) {
  McpFields mcp;
  if (type != Item::Type::mcp_approval_response) {
    mcp.server_label = reader.required_string("server_label");
  }
  if (type == Item::Type::mcp_call || type == Item::Type::mcp_approval_request) {
    item.name = reader.required_string("name");
    item.arguments = reader.required_string("arguments");
  }
  if (type == Item::Type::mcp_list_tools) {
    mcp.tools = json_array(reader, "tools");
    mcp.error = json_object(reader, "error");
  } else if (type == Item::Type::mcp_call) {
    mcp.output = reader.string("output");
    mcp.error = json_object(reader, "error");
    mcp.approval_request_id = reader.string("approval_request_id").value_or("");
  } else if (type == Item::Type::mcp_approval_response) {
    mcp.approval_request_id = reader.required_string("approval_request_id");
    reader.require("approve");
    mcp.approve = reader.boolean("approve").value_or(false);
    mcp.reason = reader.string("reason");
  }
  item.mcp = std::make_shared<const McpFields>(std::move(mcp));
}

Item read_fields(ObjectReader& reader, Item::Type type, media::BufferPool& buffers) {
  Item item;
  item.type = type;
  static_cast<void>(reader.choice("object", kObjects));
  if (std::optional<std::string> id = reader.string("id")) {
    check_id(*id, reader.path_of("id"), reader.problems());
    item.id = std::move(*id);
  }
  // An item that a client made is not under way: nothing will ever complete it.
  item.status = reader.choice("status", kItemStatuses).value_or(Item::Status::completed);
  if (item.status == Item::Status::in_progress) item.status = Item::Status::completed;
  switch (type) {
    case Item::Type::message:
      read_message(reader, buffers, item);
      break;
    case Item::Type::function_call:
      item.name = reader.required_string("name");
      item.arguments = reader.required_string("arguments");
      read_call_id(reader, false, item);
      break;
    case Item::Type::function_call_output:
      read_call_id(reader, true, item);
      item.output = reader.required_string("output");
      break;
    case Item::Type::mcp_list_tools:
    case Item::Type::mcp_call:
    case Item::Type::mcp_approval_request:
    case Item::Type::mcp_approval_response:
      read_mcp(reader, type, item);
      break;
  }
  reader.finish();
  return item;
}

bool is_id_symbol(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-';
}

}  // namespace

std::optional<Item> read_item(const json::value& value, std::string_view path,
                              media::BufferPool& buffers, Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader reader(*object, std::string(path), problems, Null::is_absent);
  if (reader.require("type") == nullptr) return std::nullopt;
  const std::optional<Item::Type> type = reader.choice("type", kItemTypes);
  if (!type) return std::nullopt;
  return read_fields(reader, *type, buffers);
}

std::optional<InputItem> read_input_item(const json::value& value, std::string_view path,
                                         media::BufferPool& buffers, Problems& problems) {
  const json::object* object = value.if_object();
  const json::value* type = object == nullptr ? nullptr : object->if_contains("type");
  if (type != nullptr && *type == json::value("item_reference")) {
    ObjectReader reader(*object, std::string(path), problems, Null::is_absent);
    reader.find("type");
    ItemReference reference{reader.required_string("id")};
    reader.finish();
    return reference;
  }
  std::optional<Item> item = read_item(value, path, buffers, problems);
  if (!item) return std::nullopt;
  return std::move(*item);
}

std::optional<media::BufferRef> read_audio(const json::value& value, std::string_view path,
                                           media::BufferPool& buffers, Problems& problems) {
  const json::string* string = value.if_string();
  if (string == nullptr) {
    problems.report(invalid_type(std::string(path), "a string", kind_of(value)));
    return std::nullopt;
  }
  const std::string_view text(string->data(), string->size());
  if (text.size() > base64_encoded_size(kAppendBytesMax)) {
    problems.report(
        string_too_long(std::string(path), base64_encoded_size(kAppendBytesMax), text.size()));
    return std::nullopt;
  }
  const std::optional<std::size_t> size = base64_decoded_size(text);
  if (size == std::size_t{0}) return media::BufferRef();
  media::BufferRef bytes = size ? buffers.take(*size) : media::BufferRef();
  if (!size || !base64_decode(text, bytes.writable())) {
    problems.report(invalid_value(std::string(path), "Invalid value for '" + std::string(path) +
                                                         "': expected audio as padded base64 "
                                                         "without line breaks."));
    return std::nullopt;
  }
  return bytes;
}

void check_id(std::string_view id, std::string_view path, Problems& problems) {
  if (id.size() > kIdBytesMax) {
    problems.report(string_too_long(std::string(path), kIdBytesMax, id.size()));
  } else if (id.empty() || !std::all_of(id.begin(), id.end(), is_id_symbol)) {
    problems.report(invalid_value(std::string(path),
                                  "Invalid '" + std::string(path) + "': '" + std::string(id) +
                                      "'. Expected an ID of 1 to 32 letters, digits, underscores "
                                      "or dashes."));
  }
}

}  // namespace parley::protocol
