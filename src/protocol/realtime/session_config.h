// SPDX-License-Identifier: Apache-2.0
//
// The session object of the Realtime API (openai-realtime reference, §3): what it is now
// (SessionConfig), what an update asks to change (SessionPatch), and how one is put on the other.
// Threads: value types; functions are pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "media/frame.h"
#include "protocol/protocol_error.h"
#include "protocol/update.h"

namespace parley::protocol {

enum class SessionType : std::uint8_t { realtime, transcription };
enum class Modality : std::uint8_t { audio, text };

/// audio/pcm (s16le, 24000 Hz), audio/pcmu or audio/pcma (8000 Hz).
struct WireFormat {
  media::Codec codec = media::Codec::pcm16;
  [[nodiscard]] int rate() const { return codec == media::Codec::pcm16 ? 24'000 : 8'000; }
  friend bool operator==(const WireFormat&, const WireFormat&) = default;
};

struct Voice {
  std::string name = "alloy";
  bool is_object = false;  // came as {"id": name}
  friend bool operator==(const Voice&, const Voice&) = default;
};

/// Which tools of an MCP server.
struct McpFilter {
  std::optional<std::vector<std::string>> names{};  // absent: any
  std::optional<bool> is_read_only{};               // absent: either
};

/// A tool of type "mcp": a server whose tools the model may call.
struct McpServer {
  std::string label;
  std::string url;           // of it, connector_id and tunnel_id exactly one is set
  std::string connector_id;  // kept and shown; Parley has no connectors
  std::string tunnel_id;     // likewise
  std::string authorization;
  std::vector<std::pair<std::string, std::string>> headers;
  McpFilter allowed;
  // require_approval: a call is asked for, unless `without_approval` has the tool and
  // `with_approval` has not.
  std::optional<McpFilter> with_approval;
  std::optional<McpFilter> without_approval;
  std::string shown;  // JSON, as a session shows it: without secrets
};

struct Tool {  // type "function", or "mcp"
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> parameters;   // JSON Schema as text
  std::shared_ptr<const McpServer> mcp{};  // not null: type "mcp", the others are empty
};

struct ToolChoice {
  enum class Kind : std::uint8_t { automatic, none, required, function, mcp };
  Kind kind = Kind::automatic;
  std::string function;        // Kind::function; Kind::mcp: the tool, or empty: any of the server's
  std::string server_label{};  // Kind::mcp
};

/// What happens to a conversation that outgrows the model's context.
struct Truncation {
  enum class Kind : std::uint8_t { automatic, disabled, retention_ratio };
  Kind kind = Kind::automatic;
  double retention_ratio = 1.0;                   // (0, 1]
  std::optional<std::int32_t> post_instructions;  // most tokens after the instructions; >= 1
  friend bool operator==(const Truncation&, const Truncation&) = default;
};

struct TurnDetection {
  enum class Type : std::uint8_t { server_vad, semantic_vad };
  enum class Eagerness : std::uint8_t { low, medium, high, automatic };
  Type type = Type::server_vad;
  double threshold = 0.5;                       // server_vad: [0, 1]
  std::int32_t prefix_padding_ms = 300;         // server_vad: >= 0
  std::int32_t silence_duration_ms = 500;       // server_vad: >= 0
  std::optional<std::int32_t> idle_timeout_ms;  // server_vad: 5000 to 30000
  Eagerness eagerness = Eagerness::automatic;   // semantic_vad
  bool create_response = true;
  bool interrupt_response = true;
};

struct TurnDetectionPatch {
  std::optional<TurnDetection::Type> type;
  std::optional<double> threshold;
  std::optional<std::int32_t> prefix_padding_ms;
  std::optional<std::int32_t> silence_duration_ms;
  Update<std::int32_t> idle_timeout_ms;
  std::optional<TurnDetection::Eagerness> eagerness;
  std::optional<bool> create_response;
  std::optional<bool> interrupt_response;
};

struct Transcription {
  std::string model;  // empty: not named
  std::optional<std::string> language;
  std::optional<std::string> prompt;
  std::vector<std::string> languages;
  std::vector<std::string> keywords;
  std::optional<std::string> delay;
};

struct TranscriptionPatch {
  std::optional<std::string> model;
  Update<std::string> language;
  Update<std::string> prompt;
  std::optional<std::vector<std::string>> languages;
  std::optional<std::vector<std::string>> keywords;
  std::optional<std::string> delay;
};

struct NoiseReduction {
  enum class Type : std::uint8_t { near_field, far_field };
  Type type = Type::near_field;
  std::optional<double> strength;  // [0, 1]; shown only when a client gave it
};

struct NoiseReductionPatch {
  std::optional<NoiseReduction::Type> type;
  std::optional<double> strength;
};

/// Values that Parley keeps and shows but does not act on are JSON text.
struct SessionConfig {
  SessionType type = SessionType::realtime;
  std::string id;  // sess_…
  std::string model;
  std::int64_t expires_at = 0;  // Unix seconds
  Modality modality = Modality::audio;
  std::string instructions;
  WireFormat input_format;
  std::optional<Transcription> transcription;
  std::optional<NoiseReduction> noise_reduction;
  std::optional<TurnDetection> turn_detection = TurnDetection{};
  WireFormat output_format;
  Voice voice;
  double speed = 1.0;  // [0.25, 1.5]
  std::vector<Tool> tools;
  ToolChoice tool_choice;
  std::int32_t max_output_tokens = 0;  // 0: "inf"
  Truncation truncation;
  std::optional<std::string> prompt;        // JSON object
  std::optional<std::string> tracing;       // JSON: "auto" or an object
  std::optional<std::string> reasoning;     // JSON object; shown only when set
  std::optional<bool> parallel_tool_calls;  // shown only when set
  std::optional<std::vector<std::string>> include;
  std::optional<double> temperature;  // [0.6, 1.2]; the beta dialect's alone
};

struct SessionPatch {
  SessionType type = SessionType::realtime;
  std::optional<std::string> model;
  std::optional<Modality> modality;
  std::optional<std::string> instructions;
  std::optional<WireFormat> input_format;
  Update<TranscriptionPatch> transcription;
  Update<NoiseReductionPatch> noise_reduction;
  Update<TurnDetectionPatch> turn_detection;
  std::optional<WireFormat> output_format;
  std::optional<Voice> voice;
  std::optional<double> speed;
  std::optional<std::vector<Tool>> tools;
  std::optional<ToolChoice> tool_choice;
  std::optional<std::int32_t> max_output_tokens;
  std::optional<Truncation> truncation;
  Update<std::string> prompt;
  Update<std::string> tracing;
  std::optional<std::string> reasoning;
  std::optional<bool> parallel_tool_calls;
  Update<std::vector<std::string>> include;
  std::optional<double> temperature;
};

/// What only the session knows and an update must respect.
struct SessionState {
  bool has_assistant_audio = false;  // freezes the voice
  bool has_input_audio = false;      // freezes the input format
  bool is_replying = false;          // freezes output format and speed
  TurnDetection turn_default;        // what turn detection starts from when it is switched on
};

/// Puts the patch on `config`, or says why not and leaves `config` as it was.
[[nodiscard]] std::optional<ProtocolError> apply(const SessionPatch& patch,
                                                 const SessionState& state, SessionConfig& config);

/// Also said of `response.create`, when it asks for another voice than the one that was heard.
[[nodiscard]] ProtocolError voice_is_fixed();

}  // namespace parley::protocol
