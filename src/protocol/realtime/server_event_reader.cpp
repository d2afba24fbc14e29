// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/server_event_reader.h"

#include <boost/json.hpp>

#include "base/base64.h"

namespace parley::protocol {
namespace {

namespace json = boost::json;

Error corrupt(const char* why) {
  return {ErrorCode::data_corrupt, std::string("an event of the server ") + why};
}

/// The object in a field; empty when it is absent or something else.
const json::object& object_in(const json::object& parent, std::string_view key) {
  static const json::object kNone;
  const json::value* const value = parent.if_contains(key);
  const json::object* const object = value == nullptr ? nullptr : value->if_object();
  return object == nullptr ? kNone : *object;
}

std::string string_in(const json::object& parent, std::string_view key) {
  const json::value* const value = parent.if_contains(key);
  const json::string* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::optional<std::int64_t> integer_in(const json::object& parent, std::string_view key) {
  const json::value* const value = parent.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (const std::int64_t* const number = value->if_int64()) return *number;
  return std::nullopt;
}

std::optional<LlmInfo> llm_in(const json::object& parley) {
  const json::object& llm = object_in(parley, "llm");
  if (llm.empty()) return std::nullopt;
  const json::value* const flag = llm.if_contains("demonstration");
  return LlmInfo{string_in(llm, "name"), flag != nullptr && flag->is_bool() && flag->get_bool()};
}

TimelineInfo timeline_in(const json::object& parley) {
  const json::object& timeline = object_in(parley, "timeline");
  TimelineInfo info;
  info.speech_end_ms = integer_in(timeline, "speech_end_ms");
  info.transcript_ms = integer_in(timeline, "transcript_ms");
  info.first_token_ms = integer_in(timeline, "first_token_ms");
  info.first_clause_ms = integer_in(timeline, "first_clause_ms");
  info.first_audio_ms = integer_in(timeline, "first_audio_ms");
  return info;
}

void read_response(const json::object& response, ReceivedEvent& event) {
  event.response_id = string_in(response, "id");
  event.response.status = string_in(response, "status");
  const json::object& details = object_in(response, "status_details");
  event.response.reason = string_in(details, "reason");
  if (event.response.reason.empty()) {
    event.response.reason = string_in(object_in(details, "error"), "message");
  }
  const json::object& usage = object_in(response, "usage");
  event.response.output_tokens = integer_in(usage, "output_tokens").value_or(0);
  event.response.input_text_tokens =
      integer_in(object_in(usage, "input_token_details"), "text_tokens").value_or(0);
}

}  // namespace

Result<ReceivedEvent> read_server_event(std::string_view text) {
  boost::system::error_code failure;
  const json::value parsed = json::parse(text, failure);
  const json::object* const object = failure ? nullptr : parsed.if_object();
  if (object == nullptr) return corrupt("is no JSON object");

  ReceivedEvent event;
  event.type = string_in(*object, "type");
  if (event.type.empty()) return corrupt("has no type");
  event.item_id = string_in(*object, "item_id");
  event.response_id = string_in(*object, "response_id");
  event.error = string_in(object_in(*object, "error"), "message");
  if (event.type == "response.output_audio.delta") {
    const std::string coded = string_in(*object, "delta");
    const std::optional<std::size_t> bytes = base64_decoded_size(coded);
    if (bytes) event.audio.resize(*bytes);
    if (!bytes || !base64_decode(coded, event.audio)) return corrupt("has audio that is no base64");
    return event;
  }
  event.text = string_in(*object, "delta");
  if (event.text.empty()) event.text = string_in(*object, "transcript");
  const json::object& response = object_in(*object, "response");
  if (!response.empty()) read_response(response, event);
  const json::object& parley = object_in(*object, "parley");
  event.llm = llm_in(parley);
  event.response.timeline = timeline_in(parley);
  return event;
}

}  // namespace parley::protocol
