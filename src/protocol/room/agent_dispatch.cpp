// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/agent_dispatch.h"

#include <optional>
#include <utility>

#include "protocol/json_writer.h"
#include "protocol/parse_object.h"
#include "protocol/room/token_request.h"

namespace parley::protocol {
namespace {

void check_length(ObjectReader& reader, std::string_view key, const std::string& text,
                  std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  reader.problems().report(string_too_long(reader.path_of(key), bytes_max, text.size()));
}

std::string read_metadata(ObjectReader& reader) {
  const json::value* value = reader.find("metadata");
  if (value == nullptr) return {};
  if (value->is_object()) return json::serialize(*value);
  return read_string(*value, "metadata", reader.problems()).value_or("");
}

}  // namespace

std::variant<DispatchOrder, ProtocolError> parse_dispatch_order(std::string_view body) {
  return parse_object<DispatchOrder>(body, [](ObjectReader& reader, DispatchOrder& order) {
    order.room = reader.required_string("room");
    order.agent_name = reader.string("agent_name").value_or("");
    order.metadata = read_metadata(reader);
    reader.finish();
    check_length(reader, "room", order.room, kTokenNameBytesMax);
    check_length(reader, "agent_name", order.agent_name, kTokenNameBytesMax);
    check_length(reader, "metadata", order.metadata, kTokenTextBytesMax);
    if (order.room.empty()) reader.problems().report(missing_parameter("room"));
  });
}

std::string create_dispatch_json(const DispatchOrder& order) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("agent_name", std::string_view(order.agent_name));
  json.field("room", std::string_view(order.room));
  json.field("metadata", std::string_view(order.metadata));
  json.end_object();
  return out;
}

std::string dispatch_id_of(std::string_view answer) {
  auto parsed = parse_object<std::string>(
      answer, [](ObjectReader& reader, std::string& id) { id = reader.string("id").value_or(""); });
  auto* id = std::get_if<std::string>(&parsed);
  return id == nullptr ? std::string() : std::move(*id);
}

std::string dispatch_answer_json(const std::string& id, const DispatchOrder& order) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("id", std::string_view(id));
  json.field("object", "room.dispatch");
  json.field("room", std::string_view(order.room));
  json.field("agent_name", std::string_view(order.agent_name));
  json.field("metadata", std::string_view(order.metadata));
  json.end_object();
  return out;
}

TwirpError twirp_error_of(std::string_view answer) {
  auto parsed = parse_object<TwirpError>(answer, [](ObjectReader& reader, TwirpError& error) {
    error.code = reader.string("code").value_or("");
    error.message = reader.string("msg").value_or("");
  });
  auto* error = std::get_if<TwirpError>(&parsed);
  return error == nullptr ? TwirpError{} : std::move(*error);
}

}  // namespace parley::protocol
