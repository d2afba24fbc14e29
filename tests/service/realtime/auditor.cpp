// SPDX-License-Identifier: Apache-2.0
#include "tests/service/realtime/auditor.h"

#include <string_view>

#include "base/base64.h"

namespace parley::test {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return "";
  return {value->get_string().data(), value->get_string().size()};
}

std::int64_t integer_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : -1;
}

}  // namespace

void Auditor::fault(const std::string& what) {
  faults_.push_back(what + "\n  in " + current_.substr(0, 400));
}

void Auditor::see(const json::value& value) {
  current_ = json::serialize(value);
  if (!value.is_object()) return fault("a frame that is no object");
  const json::object& frame = value.get_object();
  const std::string type = text_at(frame, "type");
  if (type.empty()) fault("no type");
  const bool first = event_ids_.empty();
  if (first != (type == "session.created")) fault("session.created is first, and only once");
  const std::string event_id = text_at(frame, "event_id");
  if (event_id.empty()) fault("no event_id");
  if (!event_ids_.insert(event_id).second) fault("an event_id twice");
  for (const char* key : {"audio_start_ms", "audio_end_ms", "output_index", "content_index"}) {
    if (frame.contains(key) && integer_at(frame, key) < 0) {
      fault(std::string(key) + " is no integer");
    }
  }
  if (frame.contains("item")) {
    check_item(frame.at("item").as_object(), type == "conversation.item.retrieved");
  }
  if (type.starts_with("response.")) see_response(type, frame);
}

void Auditor::see_response(const std::string& type, const json::object& frame) {
  if (type == "response.created") {
    const std::string id = text_at(frame.at("response").as_object(), "id");
    if (!responses_.emplace(id, Response{}).second) fault("a response twice");
    return;
  }
  if (type == "response.done") return finish_response(frame.at("response").as_object());
  const auto found = responses_.find(text_at(frame, "response_id"));
  if (found == responses_.end()) return fault("of a response that was not created");
  if (found->second.done) fault("after its response was done");
  std::map<std::string, Item>& items = found->second.items;
  if (type.starts_with("response.output_item.")) {
    const std::string id = text_at(frame.at("item").as_object(), "id");
    if (type.ends_with("added")) {
      if (integer_at(frame, "output_index") != static_cast<std::int64_t>(items.size())) {
        fault("output_index does not count the items");
      }
      items[id];
    } else if (!items.contains(id) || items[id].closed) {
      fault("an item is done that is not open");
    } else {
      items[id].closed = true;
      for (const auto& [index, part] : items[id].parts) {
        if (!part.closed) fault("an item is done while a part is open");
      }
    }
    return;
  }
  const auto item = items.find(text_at(frame, "item_id"));
  if (item == items.end() || item->second.closed) return fault("of an item that is not open");
  if (type == "response.function_call_arguments.delta") {
    item->second.arguments += text_at(frame, "delta");
  } else if (type == "response.function_call_arguments.done") {
    if (text_at(frame, "arguments") != item->second.arguments) {
      fault("argument deltas do not add up");
    }
    if (text_at(frame, "name").empty()) fault("a call without a name");
  } else {
    see_part(type, frame, item->second);
  }
}

void Auditor::see_part(const std::string& type, const json::object& frame, Item& item) {
  const std::int64_t index = integer_at(frame, "content_index");
  if (type == "response.content_part.added") {
    const json::object& added = frame.at("part").as_object();
    Part& part = item.parts[index];
    part.is_audio = text_at(added, "type") == "audio";
    if (!part.is_audio && text_at(added, "type") != "text") fault("an unknown type of part");
    if (!added.contains(part.is_audio ? "transcript" : "text")) fault("a part without its text");
    return;
  }
  const auto found = item.parts.find(index);
  if (found == item.parts.end() || found->second.closed) return fault("of a part that is not open");
  Part& part = found->second;
  if (type == "response.content_part.done") {
    const std::string text =
        text_at(frame.at("part").as_object(), part.is_audio ? "transcript" : "text");
    if (text != part.text) fault("a part that differs from its deltas");
    if (!part.text_done) fault("a part is done before its text");
    if (part.is_audio && !part.audio_done) fault("a part is done before its audio");
    part.closed = true;
    return;
  }
  see_delta(type, frame, part);
}

void Auditor::see_delta(const std::string& type, const json::object& frame, Part& part) {
  if (part.is_audio != (type.find("audio") != type.npos)) fault("not of this kind of part");
  if (type == "response.output_audio.delta") {
    if (part.audio_done) fault("audio after audio.done");
    const std::string delta = text_at(frame, "delta");
    const std::optional<std::size_t> bytes = base64_decoded_size(delta);
    if (!bytes || *bytes == 0) fault("a delta that is no audio");
  } else if (type == "response.output_audio.done") {
    part.audio_done = true;
  } else if (type.ends_with(".delta")) {
    if (part.text_done) fault("text after its done");
    part.text += text_at(frame, "delta");
  } else {
    const std::string all = text_at(frame, part.is_audio ? "transcript" : "text");
    if (all != part.text) fault("deltas do not add up");
    part.text_done = true;
  }
}

void Auditor::finish_response(const json::object& response) {
  const auto found = responses_.find(text_at(response, "id"));
  if (found == responses_.end()) return fault("done without created");
  if (found->second.done) fault("done twice");
  found->second.done = true;
  for (const auto& [id, item] : found->second.items) {
    if (!item.closed) fault("done while item " + id + " is open");
  }
  if (response.at("output").as_array().size() != found->second.items.size()) {
    fault("output does not hold every item");
  }
  for (const json::value& item : response.at("output").as_array()) {
    check_item(item.as_object(), false);
  }
  if (!response.at("usage").is_object()) return fault("done without usage");
  check_usage(response.at("usage").as_object());
}

void Auditor::check_item(const json::object& item, bool audio_allowed) {
  const std::string type = text_at(item, "type");
  if (text_at(item, "id").empty() || text_at(item, "id").size() > 32) fault("a bad item id");
  for (const json::key_value_pair& field : item) {
    if (field.value().is_null()) fault("null in an item");
  }
  if (type == "function_call" && text_at(item, "call_id").size() > 32) fault("a long call_id");
  if (type != "message") return;
  if (!item.contains("content")) return fault("a message without content");
  for (const json::value& value : item.at("content").as_array()) {
    const json::object& part = value.as_object();
    if (part.contains("audio") && !audio_allowed) fault("audio bytes in an item");
    const bool is_input_audio = text_at(part, "type") == "input_audio";
    if (is_input_audio && !part.contains("transcript")) fault("input audio without transcript");
    for (const json::key_value_pair& field : part) {
      if (field.value().is_null() && !is_input_audio) fault("null in a part");
    }
  }
}

void Auditor::check_usage(const json::object& usage) {
  const json::object& in = usage.at("input_token_details").as_object();
  const json::object& out = usage.at("output_token_details").as_object();
  const auto sum = [](const json::object& details) {
    return integer_at(details, "text_tokens") + integer_at(details, "audio_tokens");
  };
  if (integer_at(usage, "input_tokens") != sum(in)) fault("input tokens do not add up");
  if (integer_at(usage, "output_tokens") != sum(out)) fault("output tokens do not add up");
  if (integer_at(usage, "total_tokens") != sum(in) + sum(out)) fault("tokens do not add up");
  if (integer_at(in, "cached_tokens") > integer_at(usage, "input_tokens")) {
    fault("more cached than input tokens");
  }
}

}  // namespace parley::test
