// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/history_parser.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "protocol/json_reader.h"
#include "protocol/realtime/item_parser.h"
#include "protocol/realtime/response_request.h"

namespace parley::protocol {
namespace {

using Kind = ItemContent::Kind;
using Null = ObjectReader::Null;
using MakeId = std::function<std::string(std::string_view prefix)>;

enum class ChatRole : std::uint8_t { system, user, assistant, tool };
constexpr std::array<Choice<ChatRole>, 5> kChatRoles{{{"system", ChatRole::system},
                                                      {"developer", ChatRole::system},
                                                      {"user", ChatRole::user},
                                                      {"assistant", ChatRole::assistant},
                                                      {"tool", ChatRole::tool}}};
enum class ChatPart : std::uint8_t { text, refusal, image };
constexpr std::array<Choice<ChatPart>, 6> kChatParts{{{"text", ChatPart::text},
                                                      {"input_text", ChatPart::text},
                                                      {"output_text", ChatPart::text},
                                                      {"refusal", ChatPart::refusal},
                                                      {"image_url", ChatPart::image},
                                                      {"input_image", ChatPart::image}}};

bool is_session_id(std::string_view id) {
  Problems problems;
  check_id(id, "", problems);
  return !problems.any();
}

/// One message after the other. What a chat completion's message has beside what is read here says
/// nothing to a later reader, and is passed over.
class ChatReader {
 public:
  ChatReader(History& to, const MakeId& make_id, Problems& problems)
      : to_(to), make_id_(make_id), problems_(problems) {}

  void read(const json::value& value, const std::string& path) {
    const json::object* const object = read_object(value, path, problems_);
    if (object == nullptr) return;
    ObjectReader message(*object, path, problems_, Null::is_absent);
    if (message.require("role") == nullptr) return;
    const std::optional<ChatRole> role = message.choice("role", kChatRoles);
    if (!role) return;
    if (*role == ChatRole::tool) return read_result(message);
    Item item;
    item.role = *role == ChatRole::user     ? Item::Role::user
                : *role == ChatRole::system ? Item::Role::system
                                            : Item::Role::assistant;
    const json::value* const content = message.find("content");
    const json::value* const calls =
        *role == ChatRole::assistant ? message.find("tool_calls") : nullptr;
    if (content == nullptr && calls == nullptr) {
      static_cast<void>(message.require("content"));
      return;
    }
    if (content != nullptr) read_content(*content, message.path_of("content"), item);
    if (!item.content.empty()) add(std::move(item));
    if (calls != nullptr) read_calls(*calls, message.path_of("tool_calls"));
  }

 private:
  void add(Item item) {
    item.id = make_id_("item_");
    to_.items.push_back(std::move(item));
  }

  void read_content(const json::value& value, const std::string& path, Item& item) {
    const Kind text_kind =
        item.role == Item::Role::assistant ? Kind::output_text : Kind::input_text;
    if (value.is_string()) {
      item.content.emplace_back().kind = text_kind;
      item.content.back().text = std::string(value.get_string());
      return;
    }
    const json::array* const parts = read_array(value, path, problems_);
    if (parts == nullptr) return;
    for (std::size_t i = 0; i < parts->size() && !problems_.any(); ++i) {
      read_part((*parts)[i], element_path(path, i), text_kind, item);
    }
  }

  void read_part(const json::value& value, const std::string& path, Kind text_kind, Item& item) {
    const json::object* const object = read_object(value, path, problems_);
    if (object == nullptr) return;
    ObjectReader part(*object, path, problems_, Null::is_absent);
    if (part.require("type") == nullptr) return;
    const std::optional<ChatPart> type = part.choice("type", kChatParts);
    if (!type) return;
    ItemContent content;
    content.kind = text_kind;
    if (*type != ChatPart::image) {
      content.text = part.required_string(*type == ChatPart::refusal ? "refusal" : "text");
    } else if (item.role == Item::Role::user) {
      content.kind = Kind::input_image;
      content.text = read_image(part);
    } else {
      problems_.report(invalid_value(path, "Invalid value: only users show images."));
    }
    if (!problems_.any()) item.content.push_back(std::move(content));
  }

  std::string read_image(ObjectReader& part) {
    const json::value* const image = part.require("image_url");
    if (image == nullptr) return {};
    const json::object* const object = image->if_object();
    std::string url;
    if (object != nullptr) {
      ObjectReader reader(*object, part.path_of("image_url"), problems_, Null::is_absent);
      url = reader.required_string("url");
    } else {
      url = read_string(*image, part.path_of("image_url"), problems_).value_or("");
    }
    if (!url.starts_with("data:image/")) {
      problems_.report(invalid_value(part.path_of("image_url"),
                                     "Invalid value: expected a data URL that begins with "
                                     "'data:image/'."));
    }
    return url;
  }

  void read_calls(const json::value& value, const std::string& path) {
    const json::array* const calls = read_array(value, path, problems_);
    if (calls == nullptr) return;
    for (std::size_t i = 0; i < calls->size() && !problems_.any(); ++i) {
      const std::string at = element_path(path, i);
      const json::object* const object = read_object((*calls)[i], at, problems_);
      if (object == nullptr) return;
      ObjectReader call(*object, at, problems_, Null::is_absent);
      const std::string id = call.required_string("id");
      const json::value* const function = call.require("function");
      if (function == nullptr) return;
      const json::object* const named = read_object(*function, call.path_of("function"), problems_);
      if (named == nullptr) return;
      ObjectReader reader(*named, call.path_of("function"), problems_, Null::is_absent);
      Item item;
      item.type = Item::Type::function_call;
      item.name = reader.required_string("name");
      item.arguments = reader.required_string("arguments");
      item.call_id = is_session_id(id) ? id : make_id_("call_");
      calls_[id] = item.call_id;
      add(std::move(item));
    }
  }

  void read_result(ObjectReader& message) {
    const std::string id = message.required_string("tool_call_id");
    const auto call = calls_.find(id);
    if (call == calls_.end()) {
      problems_.report(
          invalid_value(message.path_of("tool_call_id"),
                        "Tool call ID '" + id + "' not found in the messages before its result."));
      return;
    }
    Item words;  // only to read the content into
    const json::value* const content = message.require("content");
    if (content == nullptr) return;
    read_content(*content, message.path_of("content"), words);
    Item item;
    item.type = Item::Type::function_call_output;
    item.call_id = call->second;
    for (const ItemContent& part : words.content) item.output += part.text;
    add(std::move(item));
  }

  History& to_;
  const MakeId& make_id_;
  Problems& problems_;
  std::map<std::string, std::string> calls_;  // ids in the messages → ours
};

void read_items(const json::array& values, const MakeId& make_id, media::BufferPool& buffers,
                Problems& problems, History& to) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < values.size() && !problems.any(); ++i) {
    const std::string path = element_path("items", i);
    std::optional<Item> item = read_item(values[i], path, buffers, problems);
    if (!item) return;
    if (item->id.empty()) item->id = make_id("item_");
    if (!ids.insert(item->id).second) {
      problems.report(invalid_value(
          path + ".id", "Invalid value: an item with id '" + item->id + "' is there already."));
    }
    const bool is_sound = std::ranges::any_of(item->content, [](const ItemContent& part) {
      return part.kind == Kind::input_audio && !part.has_transcript;
    });
    if (is_sound) {
      problems.report(invalid_value(
          path, "Invalid value: sound in a history needs its transcript, and only that is kept."));
    }
    for (ItemContent& part : item->content) part.audio = {};
    to.items.push_back(std::move(*item));
  }
}

void read_metadata(const json::value& value, Problems& problems, History& to) {
  const json::object* const object = read_object(value, "metadata", problems);
  if (object == nullptr) return;
  for (const auto& [key, pair] : *object) {
    const std::optional<std::string> text =
        read_string(pair, "metadata." + std::string(key), problems);
    if (!text) return;
    if (key.size() > kMetadataKeyMax || text->size() > kMetadataValueMax) {
      problems.report(invalid_value("metadata." + std::string(key),
                                    "Invalid value: keys have at most 64 characters, values 512."));
    }
  }
  if (object->size() > kMetadataPairsMax) {
    problems.report(invalid_value("metadata", "Invalid value: at most 16 pairs."));
  }
  to.metadata = json::serialize(*object);
}

}  // namespace

std::variant<History, ProtocolError> parse_history(std::string_view body,
                                                   media::BufferPool& buffers,
                                                   const MakeId& make_id) {
  json::error_code failure;
  const json::value value = json::parse(body, failure);
  if (failure) return invalid_json();
  Problems problems;
  History history;
  if (const json::object* const object = read_object(value, "body", problems)) {
    ObjectReader reader(*object, "", problems, Null::is_absent);
    history.model = reader.string("model").value_or("");
    if (const json::value* const metadata = reader.find("metadata")) {
      read_metadata(*metadata, problems, history);
    }
    const json::value* const items = reader.find("items");
    const json::value* const messages =
        items == nullptr ? reader.require("messages") : reader.find("messages");
    if (messages != nullptr && items == nullptr) {
      ChatReader chat(history, make_id, problems);
      const json::array* const list = read_array(*messages, "messages", problems);
      for (std::size_t i = 0; list != nullptr && i < list->size() && !problems.any(); ++i) {
        chat.read((*list)[i], element_path("messages", i));
      }
    } else if (messages != nullptr) {
      problems.report(invalid_value("items", "Invalid value: either 'messages' or 'items'."));
    } else if (items != nullptr) {
      const json::array* const list = read_array(*items, "items", problems);
      if (list != nullptr) read_items(*list, make_id, buffers, problems, history);
    }
    reader.finish();
  }
  if (history.items.empty() || history.items.size() > kHistoryItemsMax) {
    problems.report(invalid_value("messages", "Invalid value: expected 1 to 10000 items."));
  }
  if (std::optional<ProtocolError> problem = problems.take()) return std::move(*problem);
  return history;
}

}  // namespace parley::protocol
