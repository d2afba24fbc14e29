// SPDX-License-Identifier: Apache-2.0
//
// What the server tells a client of the Realtime API: typed events, and their JSON.
// One file because it is one list, which a reader goes through with the API's own list beside it.
// An event owns what it names, because it crosses from the session's strand to the I/O loop, where
// `to_json` runs. Which keys are null and which are left out follows the reference, §0 and §8.2.
// Threads: value types; `to_json` is pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/buffer_pool.h"
#include "protocol/protocol_error.h"
#include "protocol/realtime/dialect.h"
#include "protocol/realtime/item.h"
#include "protocol/realtime/response_request.h"
#include "protocol/realtime/session_config.h"

namespace parley::protocol {

/// Who speaks; an extension under the key `parley`, because a demonstration model must say so.
struct LlmInfo {
  std::string name;
  bool is_demonstration = false;
};

/// What was used, as money; an extension.
struct CostInfo {
  double response = 0.0;
  double session = 0.0;  // so far, this response included
  std::string currency;
};

struct TokenUsage {
  std::int64_t input_text = 0;
  std::int64_t input_audio = 0;
  std::int64_t cached_text = 0;  // of input_text
  std::int64_t output_text = 0;
  std::int64_t output_audio = 0;
  std::optional<CostInfo> cost = {};  // absent: no prices are set
};

/// The times of a spoken turn's stages, in ms from the end-of-turn decision; an extension.
struct TimelineInfo {
  std::optional<std::int64_t> speech_end_ms;
  std::optional<std::int64_t> transcript_ms;
  std::optional<std::int64_t> first_token_ms;
  std::optional<std::int64_t> first_clause_ms;
  std::optional<std::int64_t> first_audio_ms;
  std::optional<std::int64_t> moderation_ms;  // how long what was ready waited for checks
};

struct ResponseObject {
  enum class Status : std::uint8_t { in_progress, completed, cancelled, incomplete, failed };
  std::string id;
  Status status = Status::in_progress;
  std::string reason;                          // cancelled, incomplete
  std::string error_code;                      // failed
  std::string error_message;                   // failed
  std::vector<Item> output;                    // never with audio bytes
  std::optional<std::string> conversation_id;  // absent: out of band
  Modality modality = Modality::audio;
  std::int32_t max_output_tokens = 0;  // 0: "inf"
  WireFormat output_format;
  std::string voice;
  std::optional<TokenUsage> usage;  // absent until done
  std::optional<Metadata> metadata;
  std::optional<double> temperature;  // the beta dialect's alone; absent: its default
};

/// A token of a transcript and how sure the recogniser was of it.
struct TokenLogprob {
  std::string token;
  double logprob = 0.0;  // natural logarithm, <= 0
};
/// Shown where the session asks for it by `include`.
using Logprobs = std::optional<std::vector<TokenLogprob>>;

/// The part of a reply that an event is about.
struct OutputPlace {
  std::string response_id;
  std::string item_id;
  std::int32_t output_index = 0;
  std::int32_t content_index = 0;  // not shown by function call and item events
};

struct ErrorOccurred {
  ProtocolError error;
};
// Shared: an immutable picture of the session, taken on its strand and read on the I/O loop.
struct SessionCreated {
  std::shared_ptr<const SessionConfig> session;
  LlmInfo llm;
  std::string conversation_id = {};  // of one that is kept; shown as an extra key
};
struct SessionUpdated {
  std::shared_ptr<const SessionConfig> session;
};
struct ConversationCreated {  // beta only
  std::string conversation_id;
};
struct ItemAdded {
  Item item;
  std::optional<std::string> previous_item_id;
};
struct ItemDone {
  Item item;
  std::optional<std::string> previous_item_id;
};
struct ItemRetrieved {
  Item item;
};
struct ItemTruncated {
  std::string item_id;
  std::int64_t content_index;
  std::int64_t audio_end_ms;
};
struct ItemDeleted {
  std::string item_id;
};
struct TranscriptionDelta {
  std::string item_id;
  std::string delta;
  Logprobs logprobs{};
};
struct TranscriptionCompleted {
  std::string item_id;
  std::string transcript;
  double audio_seconds;
  Logprobs logprobs{};
  std::vector<std::string> languages{};  // ISO 639-1 codes, when recognition found them
  std::vector<WordInfo> words{};         // an extension; empty shows no key
};
struct TranscriptionSegment {  // of a model that tells speakers apart
  std::string item_id;
  std::string id;
  std::string text;
  std::string speaker;
  double start_seconds = 0.0;
  double end_seconds = 0.0;
};
struct TranscriptionFailed {
  std::string item_id;
  std::string code;
  std::string message;
};
struct SpeechStarted {
  std::string item_id;
  std::int64_t audio_start_ms;
};
struct SpeechStopped {
  std::string item_id;
  std::int64_t audio_end_ms;
};
struct BufferCommitted {
  std::string item_id;
  std::optional<std::string> previous_item_id;
};
struct BufferCleared {};
struct TimeoutTriggered {
  std::string item_id;
  std::int64_t audio_start_ms;
  std::int64_t audio_end_ms;
};
struct DtmfReceived {            // SIP only; the one event without an event_id
  std::string event;             // "0" to "9", "*", "#"
  std::int64_t received_at = 0;  // Unix seconds
};
struct RateLimit {
  std::string name;  // "requests" or "tokens"; clients reject others
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  double reset_seconds = 0.0;
};
struct RateLimitsUpdated {
  std::vector<RateLimit> limits;
  bool is_begin = false;  // of a response, where beta has it; GA has it after the end
};
// Where the server plays the audio out: WebRTC, SIP.
struct OutputBufferStarted {
  std::string response_id;
};
struct OutputBufferStopped {
  std::string response_id;
};
struct OutputBufferCleared {
  std::string response_id;
};
enum class McpProgress : std::uint8_t { in_progress, completed, failed };
struct McpListTools {
  McpProgress progress = McpProgress::in_progress;
  std::string item_id;
};
struct ResponseCreated {
  ResponseObject response;
};
struct ResponseDone {
  ResponseObject response;
  TimelineInfo timeline;
  LlmInfo llm;
};
struct OutputItemAdded {
  OutputPlace at;
  Item item;
};
struct OutputItemDone {
  OutputPlace at;
  Item item;
};
struct ContentPartAdded {
  OutputPlace at;
  Modality part;
};
struct ContentPartDone {
  OutputPlace at;
  Modality part;
  std::string text;
  std::vector<WordInfo> words{};  // an extension; empty shows no key
};
struct OutputAudioDelta {
  OutputPlace at;
  media::BufferRef audio;
};
struct OutputAudioDone {
  OutputPlace at;
};
struct OutputTranscriptDelta {
  OutputPlace at;
  std::string delta;
};
struct OutputTranscriptDone {
  OutputPlace at;
  std::string transcript;
  std::vector<WordInfo> words{};  // an extension; empty shows no key
};
struct OutputTextDelta {
  OutputPlace at;
  std::string delta;
};
struct OutputTextDone {
  OutputPlace at;
  std::string text;
};
struct ArgumentsDelta {
  OutputPlace at;
  std::string call_id;
  std::string delta;
};
struct ArgumentsDone {
  OutputPlace at;
  std::string call_id;
  std::string name;
  std::string arguments;
};

struct McpArgumentsDelta {
  OutputPlace at;
  std::string delta;
};
struct McpArgumentsDone {
  OutputPlace at;
  std::string arguments;
};
struct McpCall {
  McpProgress progress = McpProgress::in_progress;
  std::string item_id;
  std::int32_t output_index = 0;
};

using ServerPayload =
    std::variant<ErrorOccurred, SessionCreated, SessionUpdated, ItemAdded, ItemDone, ItemRetrieved,
                 ItemTruncated, ItemDeleted, TranscriptionDelta, TranscriptionCompleted,
                 TranscriptionFailed, SpeechStarted, SpeechStopped, BufferCommitted, BufferCleared,
                 TimeoutTriggered, ResponseCreated, ResponseDone, OutputItemAdded, OutputItemDone,
                 ContentPartAdded, ContentPartDone, OutputAudioDelta, OutputAudioDone,
                 OutputTranscriptDelta, OutputTranscriptDone, OutputTextDelta, OutputTextDone,
                 ArgumentsDelta, ArgumentsDone, ConversationCreated, TranscriptionSegment,
                 DtmfReceived, RateLimitsUpdated, OutputBufferStarted, OutputBufferStopped,
                 OutputBufferCleared, McpListTools, McpArgumentsDelta, McpArgumentsDone, McpCall>;

struct ServerEvent {
  std::string event_id;  // event_…, unique in the session
  ServerPayload payload;
};

/// "response.created", …
[[nodiscard]] std::string_view type_of(const ServerPayload& payload,
                                       Dialect dialect = Dialect::ga) noexcept;
/// False for events that clients of a dialect do not know: they are not sent.
[[nodiscard]] bool is_shown(const ServerPayload& payload, Dialect dialect) noexcept;

/// One text frame. REQUIRES: is_shown(event.payload, dialect).
[[nodiscard]] std::string to_json(const ServerEvent& event, Dialect dialect = Dialect::ga);
/// The session object alone, as `session.created` shows it.
[[nodiscard]] std::string to_json(const SessionConfig& session, Dialect dialect = Dialect::ga);

}  // namespace parley::protocol
