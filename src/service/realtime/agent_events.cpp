// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/agent_events.h"

#include <utility>

#include "agent/prompt.h"
#include "protocol/transcription/transcript_answer.h"
#include "service/realtime/convert.h"
#include "service/recognition/spoken_segments.h"

namespace parley::service {
namespace {

protocol::OutputPlace place(const agent::OutputRef& at) {
  return {.response_id = at.response.id,
          .item_id = at.item.id,
          .output_index = static_cast<std::int32_t>(at.output_index),
          .content_index = 0};
}

protocol::Modality modality(const agent::OutputRef& at) {
  return at.response.audio ? protocol::Modality::audio : protocol::Modality::text;
}

/// Of a part that is done: when its words are heard.
std::vector<protocol::WordInfo> words(const agent::OutputRef& at) {
  const agent::ContentPart& part = at.item.content.back();
  if (part.clauses.empty()) return {};
  return to_protocol(agent::word_times(part, part.clauses.back().end));
}

protocol::McpProgress to_protocol(agent::AgentListener::McpProgress progress) {
  switch (progress) {
    case agent::AgentListener::McpProgress::in_progress:
      return protocol::McpProgress::in_progress;
    case agent::AgentListener::McpProgress::completed:
      return protocol::McpProgress::completed;
    case agent::AgentListener::McpProgress::failed:
      break;
  }
  return protocol::McpProgress::failed;
}

double seconds(media::MediaTime time) {
  return static_cast<double>(time.flicks) / static_cast<double>(media::MediaTime::kPerSecond);
}

}  // namespace

AgentEvents::AgentEvents(Outbox& outbox, SessionMeter& meter, std::string conversation_id,
                         protocol::LlmInfo llm, ConversationLog* log)
    : outbox_(outbox),
      meter_(meter),
      conversation_id_(std::move(conversation_id)),
      llm_(std::move(llm)),
      log_(log) {}

void AgentEvents::conversation_created() {
  outbox_.send(protocol::ConversationCreated{conversation_id_});
}

void AgentEvents::speech_started(std::string_view item_id, media::MediaTime audio_start) {
  outbox_.send(protocol::SpeechStarted{std::string(item_id), audio_start.ms()});
}

void AgentEvents::speech_stopped(std::string_view item_id, media::MediaTime audio_end) {
  outbox_.send(protocol::SpeechStopped{std::string(item_id), audio_end.ms()});
}

void AgentEvents::idle_timeout(std::string_view item_id, media::MediaTime audio_start,
                               media::MediaTime audio_end) {
  outbox_.send(protocol::TimeoutTriggered{std::string(item_id), audio_start.ms(), audio_end.ms()});
}

void AgentEvents::input_committed(std::string_view item_id, std::string_view previous_item_id) {
  outbox_.send(protocol::BufferCommitted{std::string(item_id), unless_empty(previous_item_id)});
}

void AgentEvents::input_cleared() { outbox_.send(protocol::BufferCleared{}); }

void AgentEvents::item_added(const agent::Item& item, std::string_view previous_item_id) {
  if (log_ != nullptr) log_->put(item, previous_item_id);
  outbox_.send(protocol::ItemAdded{to_protocol(item), unless_empty(previous_item_id)});
}

void AgentEvents::item_done(const agent::Item& item, std::string_view previous_item_id) {
  if (log_ != nullptr) log_->change(item);
  outbox_.send(protocol::ItemDone{to_protocol(item), unless_empty(previous_item_id)});
}

void AgentEvents::item_changed(const agent::Item& item) {
  if (log_ != nullptr) log_->change(item);
}

void AgentEvents::item_deleted(std::string_view item_id) {
  if (log_ != nullptr) log_->drop(item_id);
}

void AgentEvents::mcp_list_tools(std::string_view item_id, McpProgress progress) {
  outbox_.send(protocol::McpListTools{to_protocol(progress), std::string(item_id)});
}

void AgentEvents::mcp_call(std::string_view item_id, std::size_t output_index,
                           McpProgress progress) {
  outbox_.send(protocol::McpCall{to_protocol(progress), std::string(item_id),
                                 static_cast<std::int32_t>(output_index)});
}

void AgentEvents::transcription_delta(std::string_view item_id, std::string_view delta) {
  outbox_.send(protocol::TranscriptionDelta{std::string(item_id), std::string(delta)});
}

void AgentEvents::transcription_completed(std::string_view item_id,
                                          const agent::Transcription& heard) {
  protocol::Logprobs logprobs;
  if (!heard.tokens.empty()) logprobs.emplace();
  for (const media::TokenScore& token : heard.tokens) {
    logprobs->push_back({token.text, token.logprob});
  }
  std::vector<std::string> languages;
  if (!heard.language.empty()) languages.emplace_back(heard.language);
  // For clients that draw captions from deltas. The tokens are those of the whole text.
  if (!heard.untold.empty()) {
    const bool is_whole = heard.untold.size() == heard.text.size();
    outbox_.send(protocol::TranscriptionDelta{std::string(item_id), std::string(heard.untold),
                                              is_whole ? logprobs : std::nullopt});
  }
  if (heard.speech) tell_segments(item_id, heard);
  outbox_.send(protocol::TranscriptionCompleted{.item_id = std::string(item_id),
                                                .transcript = std::string(heard.text),
                                                .audio_seconds = seconds(heard.audio),
                                                .logprobs = std::move(logprobs),
                                                .languages = std::move(languages),
                                                .words = to_protocol(heard.words)});
}

void AgentEvents::tell_segments(std::string_view item_id, const agent::Transcription& heard) {
  RecognizedText said;
  said.begin = heard.speech->begin;
  said.end = heard.speech->end;
  said.text = heard.text;
  said.words.assign(heard.words.begin(), heard.words.end());
  const std::string_view speaker =
      heard.speech->speaker.empty() ? protocol::kUnknownSpeaker : heard.speech->speaker;
  for (protocol::FileSegment& segment : spoken_segments(said)) {
    outbox_.send(protocol::TranscriptionSegment{.item_id = std::string(item_id),
                                                .id = protocol::segment_id(segments_++),
                                                .text = std::move(segment.text),
                                                .speaker = std::string(speaker),
                                                .start_seconds = seconds(segment.begin),
                                                .end_seconds = seconds(segment.end)});
  }
}

void AgentEvents::transcription_failed(std::string_view item_id, const Error& error) {
  outbox_.send(protocol::TranscriptionFailed{std::string(item_id), code_of(error), error.message});
}

void AgentEvents::response_created(const agent::Response& response) {
  outbox_.send(protocol::ResponseCreated{to_protocol(response, conversation_id_)});
  tell_limits(true);
}

void AgentEvents::output_item_added(const agent::OutputRef& at) {
  outbox_.send(protocol::OutputItemAdded{place(at), to_protocol(at.item)});
}

void AgentEvents::content_part_added(const agent::OutputRef& at) {
  outbox_.send(protocol::ContentPartAdded{place(at), modality(at)});
}

void AgentEvents::text_delta(const agent::OutputRef& at, std::string_view delta) {
  outbox_.send(protocol::OutputTextDelta{place(at), std::string(delta)});
}

void AgentEvents::text_done(const agent::OutputRef& at, std::string_view text) {
  outbox_.send(protocol::OutputTextDone{place(at), std::string(text)});
}

void AgentEvents::transcript_delta(const agent::OutputRef& at, std::string_view delta) {
  outbox_.send(protocol::OutputTranscriptDelta{place(at), std::string(delta)});
}

void AgentEvents::transcript_done(const agent::OutputRef& at, std::string_view transcript) {
  outbox_.send(protocol::OutputTranscriptDone{place(at), std::string(transcript), words(at)});
}

void AgentEvents::audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) {
  outbox_.send(protocol::OutputAudioDelta{place(at), audio.bytes});
}

void AgentEvents::audio_done(const agent::OutputRef& at) {
  outbox_.send(protocol::OutputAudioDone{place(at)});
}

void AgentEvents::arguments_delta(const agent::OutputRef& at, std::string_view delta) {
  // What leave is asked for is shown when it is whole.
  if (at.item.type == agent::Item::Type::mcp_approval_request) return;
  if (at.item.type == agent::Item::Type::mcp_call) {
    outbox_.send(protocol::McpArgumentsDelta{place(at), std::string(delta)});
    return;
  }
  outbox_.send(protocol::ArgumentsDelta{place(at), at.item.call_id, std::string(delta)});
}

void AgentEvents::arguments_done(const agent::OutputRef& at) {
  if (at.item.type == agent::Item::Type::mcp_approval_request) return;
  if (at.item.type == agent::Item::Type::mcp_call) {
    outbox_.send(protocol::McpArgumentsDone{place(at), at.item.arguments});
    return;
  }
  outbox_.send(
      protocol::ArgumentsDone{place(at), at.item.call_id, at.item.name, at.item.arguments});
}

void AgentEvents::content_part_done(const agent::OutputRef& at, std::string_view text) {
  outbox_.send(protocol::ContentPartDone{place(at), modality(at), std::string(text), words(at)});
}

void AgentEvents::output_item_done(const agent::OutputRef& at) {
  outbox_.send(protocol::OutputItemDone{place(at), to_protocol(at.item)});
}

void AgentEvents::response_done(const agent::Response& response,
                                const agent::TurnTimeline& timeline) {
  protocol::ResponseObject object = to_protocol(response, conversation_id_);
  if (object.usage) meter_.account(*object.usage);
  if (log_ != nullptr) log_->respond(object);
  outbox_.send(protocol::ResponseDone{std::move(object), to_protocol(timeline), llm_});
  tell_limits(false);
}

void AgentEvents::tell_limits(bool is_begin) {
  auto standing = meter_.standing();
  if (!standing) return;
  standing->is_begin = is_begin;
  outbox_.send(std::move(*standing));
}

agent::ResponsePermit AgentEvents::permit_response() {
  // The session is about to end: there is nothing to tell of a reply.
  if (meter_.is_spent()) return {.granted = false};
  const auto refused = meter_.begin_response();
  if (!refused) return {};
  return {.granted = false, .failure = Error{ErrorCode::resource_exhausted, refused->message}};
}

void AgentEvents::failed(const Error& error) {
  protocol::ProtocolError told;
  told.type = protocol::ProtocolError::Type::server;
  told.code = code_of(error);
  told.message = error.message;
  outbox_.send(protocol::ErrorOccurred{std::move(told)});
}

}  // namespace parley::service
