// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/response_writer.h"

#include "protocol/realtime/session_writer.h"

namespace parley::protocol {
namespace {

using Status = ResponseObject::Status;

std::string_view to_string(Status status) {
  switch (status) {
    case Status::in_progress:
      return "in_progress";
    case Status::completed:
      return "completed";
    case Status::cancelled:
      return "cancelled";
    case Status::incomplete:
      return "incomplete";
    case Status::failed:
      break;
  }
  return "failed";
}

void write_status_details(JsonWriter& json, const ResponseObject& response) {
  if (response.status == Status::in_progress || response.status == Status::completed) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("type", to_string(response.status));
  if (response.status == Status::failed) {
    json.key("error").begin_object();
    json.field("type", "server_error");
    json.field("code", response.error_code);
    json.field("message", response.error_message);
    json.end_object();
  } else {
    json.field("reason", response.reason);
  }
  json.end_object();
}

void write_cost(JsonWriter& json, const CostInfo& cost) {
  json.key("parley").begin_object();
  json.field("cost", cost.response);
  json.field("session_cost", cost.session);
  json.field("currency", cost.currency);
  json.end_object();
}

}  // namespace

void write_status(JsonWriter& json, const ResponseObject& response) {
  json.field("object", "realtime.response");
  json.field("id", response.id);
  json.field("status", to_string(response.status));
  write_status_details(json.key("status_details"), response);
}

void write_output(JsonWriter& json, const ResponseObject& response, Dialect dialect) {
  json.key("output").begin_array();
  for (const Item& item : response.output) write_item(json, item, ItemAudio::leave_out, dialect);
  json.end_array();
  json.key("conversation_id");
  if (response.conversation_id) {
    json.value(*response.conversation_id);
  } else {
    json.null();
  }
}

void write_usage(JsonWriter& json, const std::optional<TokenUsage>& known) {
  if (!known) return json.null();
  const TokenUsage& usage = *known;
  const std::int64_t input = usage.input_text + usage.input_audio;
  const std::int64_t output = usage.output_text + usage.output_audio;
  json.begin_object();
  json.field("total_tokens", input + output);
  json.field("input_tokens", input);
  json.field("output_tokens", output);
  json.key("input_token_details").begin_object();
  json.field("text_tokens", usage.input_text);
  json.field("audio_tokens", usage.input_audio);
  json.field("image_tokens", 0);
  json.field("cached_tokens", usage.cached_text);
  json.key("cached_tokens_details").begin_object();
  json.field("text_tokens", usage.cached_text);
  json.field("audio_tokens", 0);
  json.field("image_tokens", 0);
  json.end_object();
  json.end_object();
  json.key("output_token_details").begin_object();
  json.field("text_tokens", usage.output_text);
  json.field("audio_tokens", usage.output_audio);
  json.end_object();
  if (usage.cost) write_cost(json, *usage.cost);
  json.end_object();
}

void write_metadata(JsonWriter& json, const std::optional<Metadata>& metadata) {
  if (!metadata) return json.null();
  json.begin_object();
  for (const auto& [name, value] : *metadata) json.quoted_key(name).value(value);
  json.end_object();
}

void write_response(JsonWriter& json, const ResponseObject& response) {
  json.begin_object();
  write_status(json, response);
  write_output(json, response, Dialect::ga);
  json.key("output_modalities").begin_array();
  json.value(to_string(response.modality));
  json.end_array();
  write_max_output_tokens(json.key("max_output_tokens"), response.max_output_tokens);
  json.key("audio").begin_object();
  json.key("output").begin_object();
  write_format(json.key("format"), response.output_format);
  json.field("voice", response.voice);
  json.end_object();
  json.end_object();
  write_usage(json.key("usage"), response.usage);
  write_metadata(json.key("metadata"), response.metadata);
  json.end_object();
}

void write_kept_response(JsonWriter& json, const ResponseObject& response, std::int64_t done_at) {
  json.begin_object();
  write_status(json, response);
  json.field("done_at", done_at);
  json.key("output").begin_array();
  for (const Item& item : response.output) json.value(item.id);
  json.end_array();
  json.field("in_conversation", response.conversation_id.has_value());
  write_usage(json.key("usage"), response.usage);
  write_metadata(json.key("metadata"), response.metadata);
  json.end_object();
}

void write_llm(JsonWriter& json, const LlmInfo& llm) {
  json.key("llm").begin_object();
  json.field("name", llm.name);
  json.field("demonstration", llm.is_demonstration);
  json.end_object();
}

void write_timeline(JsonWriter& json, const TimelineInfo& timeline) {
  const auto stage = [&json](std::string_view name, const std::optional<std::int64_t>& at) {
    if (at) json.field(name, *at);
  };
  json.key("timeline").begin_object();
  stage("speech_end_ms", timeline.speech_end_ms);
  stage("transcript_ms", timeline.transcript_ms);
  stage("first_token_ms", timeline.first_token_ms);
  stage("first_clause_ms", timeline.first_clause_ms);
  stage("first_audio_ms", timeline.first_audio_ms);
  stage("moderation_ms", timeline.moderation_ms);
  json.end_object();
}

}  // namespace parley::protocol
