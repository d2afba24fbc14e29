// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/server_event.h"

#include <array>
#include <utility>

#include "base/base64.h"
#include "base/trace.h"
#include "protocol/json_writer.h"
#include "protocol/realtime/beta/beta_names.h"
#include "protocol/realtime/beta/beta_writer.h"
#include "protocol/realtime/response_writer.h"
#include "protocol/realtime/session_writer.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kFrameOverhead = 512;  // bytes of an event beside its audio, about

/// Writes the fields of an event after `type` and `event_id`. One overload each: a new alternative
/// of ServerPayload without one does not compile.
class EventWriter {
 public:
  EventWriter(JsonWriter& json, Dialect dialect) : json_(json), dialect_(dialect) {}

  void operator()(const ErrorOccurred& event) {
    if (dialect_ == Dialect::beta) return error(in_beta_words(event.error));
    error(event.error);
  }
  void operator()(const SessionCreated& event) {
    session(*event.session);
    if (!event.conversation_id.empty()) json_.field("conversation_id", event.conversation_id);
    json_.key("parley").begin_object();
    write_llm(json_, event.llm);
    json_.end_object();
  }
  void operator()(const SessionUpdated& event) { session(*event.session); }
  void operator()(const ConversationCreated& event) {
    json_.key("conversation").begin_object();
    json_.field("id", event.conversation_id);
    json_.field("object", "realtime.conversation");
    json_.end_object();
  }
  void operator()(const ItemAdded& event) { item_with_previous(event); }
  void operator()(const ItemDone& event) { item_with_previous(event); }
  void operator()(const ItemRetrieved& event) {
    write_item(json_.key("item"), event.item, ItemAudio::show, dialect_);
  }
  void operator()(const ItemTruncated& event) {
    json_.field("item_id", event.item_id);
    json_.field("content_index", event.content_index);
    json_.field("audio_end_ms", event.audio_end_ms);
  }
  void operator()(const ItemDeleted& event) { json_.field("item_id", event.item_id); }
  void operator()(const TranscriptionDelta& event) {
    input_part(event.item_id);
    json_.field("delta", event.delta);
    logprobs(event.logprobs);
  }
  void operator()(const TranscriptionCompleted& event) {
    input_part(event.item_id);
    json_.field("transcript", event.transcript);
    logprobs(event.logprobs);
    write_words(json_, event.words);
    if (!event.languages.empty()) {
      json_.key("languages").begin_array();
      for (const std::string& code : event.languages) {
        json_.begin_object();
        json_.field("code", code);
        json_.end_object();
      }
      json_.end_array();
    }
    json_.key("usage").begin_object();
    json_.field("type", "duration");
    json_.field("seconds", event.audio_seconds);
    json_.end_object();
  }
  void operator()(const TranscriptionSegment& event) {
    input_part(event.item_id);
    json_.field("id", event.id);
    json_.field("text", event.text);
    json_.field("speaker", event.speaker);
    json_.field("start", event.start_seconds);
    json_.field("end", event.end_seconds);
  }
  void operator()(const TranscriptionFailed& event) {
    input_part(event.item_id);
    json_.key("error").begin_object();
    json_.field("type", "server_error");
    json_.field("code", event.code);
    json_.field("message", event.message);
    json_.end_object();
  }
  void operator()(const SpeechStarted& event) {
    json_.field("item_id", event.item_id);
    json_.field("audio_start_ms", event.audio_start_ms);
  }
  void operator()(const SpeechStopped& event) {
    json_.field("item_id", event.item_id);
    json_.field("audio_end_ms", event.audio_end_ms);
  }
  void operator()(const BufferCommitted& event) {
    json_.field("item_id", event.item_id);
    text_or_null("previous_item_id", event.previous_item_id);
  }
  void operator()(const BufferCleared& /*event*/) {}
  void operator()(const TimeoutTriggered& event) {
    json_.field("item_id", event.item_id);
    json_.field("audio_start_ms", event.audio_start_ms);
    json_.field("audio_end_ms", event.audio_end_ms);
  }
  void operator()(const ResponseCreated& event) { response(event.response); }
  void operator()(const ResponseDone& event) {
    response(event.response);
    json_.key("parley").begin_object();
    write_llm(json_, event.llm);
    write_timeline(json_, event.timeline);
    json_.end_object();
  }
  void operator()(const OutputItemAdded& event) { output_item(event); }
  void operator()(const OutputItemDone& event) { output_item(event); }
  void operator()(const ContentPartAdded& event) { content_part(event.at, event.part, "", {}); }
  void operator()(const ContentPartDone& event) {
    content_part(event.at, event.part, event.text, event.words);
  }
  void operator()(const OutputAudioDelta& event) {
    place(event.at);
    json_.key("delta").base64(event.audio.bytes());
  }
  void operator()(const OutputAudioDone& event) { place(event.at); }
  void operator()(const OutputTranscriptDelta& event) {
    place(event.at);
    json_.field("delta", event.delta);
  }
  void operator()(const OutputTranscriptDone& event) {
    place(event.at);
    json_.field("transcript", event.transcript);
    write_words(json_, event.words);
  }
  void operator()(const OutputTextDelta& event) {
    place(event.at);
    json_.field("delta", event.delta);
  }
  void operator()(const OutputTextDone& event) {
    place(event.at);
    json_.field("text", event.text);
  }
  void operator()(const ArgumentsDelta& event) {
    call(event.at, event.call_id);
    json_.field("delta", event.delta);
  }
  void operator()(const ArgumentsDone& event) {
    call(event.at, event.call_id);
    json_.field("name", event.name);
    json_.field("arguments", event.arguments);
  }
  void operator()(const DtmfReceived& event) {
    json_.field("event", event.event);
    json_.field("received_at", event.received_at);
  }
  void operator()(const RateLimitsUpdated& event) {
    json_.key("rate_limits").begin_array();
    for (const RateLimit& one : event.limits) {
      json_.begin_object();
      json_.field("name", one.name);
      json_.field("limit", one.limit);
      json_.field("remaining", one.remaining);
      json_.field("reset_seconds", one.reset_seconds);
      json_.end_object();
    }
    json_.end_array();
  }
  void operator()(const OutputBufferStarted& event) {
    json_.field("response_id", event.response_id);
  }
  void operator()(const OutputBufferStopped& event) {
    json_.field("response_id", event.response_id);
  }
  void operator()(const OutputBufferCleared& event) {
    json_.field("response_id", event.response_id);
  }
  void operator()(const McpListTools& event) { json_.field("item_id", event.item_id); }
  void operator()(const McpArgumentsDelta& event) {
    mcp(event.at);
    json_.field("delta", event.delta);
  }
  void operator()(const McpArgumentsDone& event) {
    mcp(event.at);
    json_.field("arguments", event.arguments);
  }
  void operator()(const McpCall& event) {
    json_.field("item_id", event.item_id);
    json_.field("output_index", event.output_index);
  }

 private:
  void error(const ProtocolError& error) {
    json_.key("error").begin_object();
    json_.field("type", to_string(error.type));
    json_.field("code", error.code);
    json_.field("message", error.message);
    text_or_null("param", error.param);
    text_or_null("event_id", error.event_id);
    json_.end_object();
  }
  void session(const SessionConfig& session) {
    json_.key("session");
    dialect_ == Dialect::beta ? write_beta_session(json_, session) : write_session(json_, session);
  }
  void response(const ResponseObject& response) {
    json_.key("response");
    dialect_ == Dialect::beta ? write_beta_response(json_, response)
                              : write_response(json_, response);
  }
  void logprobs(const Logprobs& logprobs) {
    if (!logprobs) return;
    json_.key("logprobs").begin_array();
    for (const TokenLogprob& one : *logprobs) {
      json_.begin_object();
      json_.field("token", one.token);
      json_.field("logprob", one.logprob);
      json_.key("bytes").begin_array();
      for (const char byte : one.token) json_.value(static_cast<unsigned char>(byte));
      json_.end_array();
      json_.end_object();
    }
    json_.end_array();
  }
  void mcp(const OutputPlace& at) {
    json_.field("response_id", at.response_id);
    json_.field("item_id", at.item_id);
    json_.field("output_index", at.output_index);
  }
  void text_or_null(std::string_view name, const std::optional<std::string>& text) {
    json_.key(name);
    if (text) {
      json_.value(*text);
    } else {
      json_.null();
    }
  }
  template <typename Event>
  void item_with_previous(const Event& event) {
    text_or_null("previous_item_id", event.previous_item_id);
    write_item(json_.key("item"), event.item, ItemAudio::leave_out, dialect_);
  }
  template <typename Event>
  void output_item(const Event& event) {
    json_.field("response_id", event.at.response_id);
    json_.field("output_index", event.at.output_index);
    write_item(json_.key("item"), event.item, ItemAudio::leave_out, dialect_);
  }
  void input_part(const std::string& item_id) {
    json_.field("item_id", item_id);
    json_.field("content_index", 0);
  }
  void place(const OutputPlace& at) {
    json_.field("response_id", at.response_id);
    json_.field("item_id", at.item_id);
    json_.field("output_index", at.output_index);
    json_.field("content_index", at.content_index);
  }
  void call(const OutputPlace& at, const std::string& call_id) {
    json_.field("response_id", at.response_id);
    json_.field("item_id", at.item_id);
    json_.field("output_index", at.output_index);
    json_.field("call_id", call_id);
  }
  // The short part types: items say output_audio, content parts say audio (reference, §0 rule 12).
  void content_part(const OutputPlace& at, Modality modality, std::string_view text,
                    const std::vector<WordInfo>& words) {
    place(at);
    json_.key("part").begin_object();
    json_.field("type", to_string(modality));
    json_.field(modality == Modality::audio ? "transcript" : "text", text);
    write_words(json_, words);
    json_.end_object();
  }

  JsonWriter& json_;
  const Dialect dialect_;
};

struct TypeName {
  std::string_view operator()(const ErrorOccurred&) { return "error"; }
  std::string_view operator()(const SessionCreated&) { return "session.created"; }
  std::string_view operator()(const SessionUpdated&) { return "session.updated"; }
  std::string_view operator()(const ItemAdded&) { return "conversation.item.added"; }
  std::string_view operator()(const ItemDone&) { return "conversation.item.done"; }
  std::string_view operator()(const ItemRetrieved&) { return "conversation.item.retrieved"; }
  std::string_view operator()(const ItemTruncated&) { return "conversation.item.truncated"; }
  std::string_view operator()(const ItemDeleted&) { return "conversation.item.deleted"; }
  std::string_view operator()(const TranscriptionDelta&) {
    return "conversation.item.input_audio_transcription.delta";
  }
  std::string_view operator()(const TranscriptionCompleted&) {
    return "conversation.item.input_audio_transcription.completed";
  }
  std::string_view operator()(const TranscriptionFailed&) {
    return "conversation.item.input_audio_transcription.failed";
  }
  std::string_view operator()(const SpeechStarted&) { return "input_audio_buffer.speech_started"; }
  std::string_view operator()(const SpeechStopped&) { return "input_audio_buffer.speech_stopped"; }
  std::string_view operator()(const BufferCommitted&) { return "input_audio_buffer.committed"; }
  std::string_view operator()(const BufferCleared&) { return "input_audio_buffer.cleared"; }
  std::string_view operator()(const TimeoutTriggered&) {
    return "input_audio_buffer.timeout_triggered";
  }
  std::string_view operator()(const ResponseCreated&) { return "response.created"; }
  std::string_view operator()(const ResponseDone&) { return "response.done"; }
  std::string_view operator()(const OutputItemAdded&) { return "response.output_item.added"; }
  std::string_view operator()(const OutputItemDone&) { return "response.output_item.done"; }
  std::string_view operator()(const ContentPartAdded&) { return "response.content_part.added"; }
  std::string_view operator()(const ContentPartDone&) { return "response.content_part.done"; }
  std::string_view operator()(const OutputAudioDelta&) { return "response.output_audio.delta"; }
  std::string_view operator()(const OutputAudioDone&) { return "response.output_audio.done"; }
  std::string_view operator()(const OutputTranscriptDelta&) {
    return "response.output_audio_transcript.delta";
  }
  std::string_view operator()(const OutputTranscriptDone&) {
    return "response.output_audio_transcript.done";
  }
  std::string_view operator()(const OutputTextDelta&) { return "response.output_text.delta"; }
  std::string_view operator()(const OutputTextDone&) { return "response.output_text.done"; }
  std::string_view operator()(const ArgumentsDelta&) {
    return "response.function_call_arguments.delta";
  }
  std::string_view operator()(const ArgumentsDone&) {
    return "response.function_call_arguments.done";
  }
  std::string_view operator()(const ConversationCreated&) { return "conversation.created"; }
  std::string_view operator()(const TranscriptionSegment&) {
    return "conversation.item.input_audio_transcription.segment";
  }
  std::string_view operator()(const DtmfReceived&) {
    return "input_audio_buffer.dtmf_event_received";
  }
  std::string_view operator()(const RateLimitsUpdated&) { return "rate_limits.updated"; }
  std::string_view operator()(const OutputBufferStarted&) { return "output_audio_buffer.started"; }
  std::string_view operator()(const OutputBufferStopped&) { return "output_audio_buffer.stopped"; }
  std::string_view operator()(const OutputBufferCleared&) { return "output_audio_buffer.cleared"; }
  std::string_view operator()(const McpListTools& event) {
    return by_progress(event.progress, {"mcp_list_tools.in_progress", "mcp_list_tools.completed",
                                        "mcp_list_tools.failed"});
  }
  std::string_view operator()(const McpArgumentsDelta&) {
    return "response.mcp_call_arguments.delta";
  }
  std::string_view operator()(const McpArgumentsDone&) {
    return "response.mcp_call_arguments.done";
  }
  std::string_view operator()(const McpCall& event) {
    return by_progress(event.progress, {"response.mcp_call.in_progress",
                                        "response.mcp_call.completed", "response.mcp_call.failed"});
  }

 private:
  static std::string_view by_progress(McpProgress progress,
                                      const std::array<std::string_view, 3>& names) {
    return names[static_cast<std::size_t>(progress)];
  }
};

}  // namespace

std::string_view type_of(const ServerPayload& payload, Dialect dialect) noexcept {
  const std::string_view type = std::visit(TypeName{}, payload);
  return dialect == Dialect::beta ? beta_type(payload, type) : type;
}

bool is_shown(const ServerPayload& payload, Dialect dialect) noexcept {
  if (const auto* limits = std::get_if<RateLimitsUpdated>(&payload)) {
    return limits->is_begin == (dialect == Dialect::beta);
  }
  if (dialect == Dialect::ga) return !std::holds_alternative<ConversationCreated>(payload);
  return is_shown_in_beta(payload);
}

std::string to_json(const ServerEvent& event, Dialect dialect) {
  PARLEY_HOP();
  std::string out;
  const auto* audio = std::get_if<OutputAudioDelta>(&event.payload);
  const std::size_t audio_bytes = audio == nullptr ? 0 : audio->audio.size();
  out.reserve(kFrameOverhead + base64_encoded_size(audio_bytes));
  JsonWriter json(out);
  json.begin_object();
  json.field("type", type_of(event.payload, dialect));
  if (!std::holds_alternative<DtmfReceived>(event.payload)) json.field("event_id", event.event_id);
  std::visit(EventWriter(json, dialect), event.payload);
  json.end_object();
  return out;
}

}  // namespace parley::protocol
