// SPDX-License-Identifier: Apache-2.0
//
// One reply: how it was asked for, how it goes, how it ended. Threads: strand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/conversation.h"
#include "base/result.h"
#include "media/frame.h"
#include "model/llm_model.h"

namespace parley::agent {

struct OutputFormat {
  media::Codec codec = media::Codec::pcm16;
  int rate = 24'000;  // Hz: 24000 for pcm16, 8000 for G.711
};

/// What a client may say about one reply; what is absent comes from the session's settings.
struct ResponseOptions {
  std::optional<std::string> instructions;
  std::optional<bool> audio;  // true: speech with transcript; false: text only
  std::optional<std::string> voice;
  std::optional<OutputFormat> output_format;
  std::optional<std::vector<model::LlmTool>> tools;
  std::optional<std::vector<std::string>> mcp_labels;  // with `tools`: of which servers beside them
  std::optional<model::LlmToolChoice> tool_choice;
  std::optional<std::string> tool_server;  // with `tool_choice`: AgentSettings::tool_server
  std::optional<bool> parallel_tool_calls;
  std::optional<float> temperature;
  std::optional<std::int32_t> max_output_tokens;  // 0: no limit
  bool out_of_band = false;                       // conversation: "none"
  std::optional<std::vector<Item>> input;         // replaces the conversation as context
  std::vector<std::pair<std::string, std::string>> metadata;
  bool has_metadata = false;
};

/// Realtime API token counts: audio in 1 per 100 ms, audio out 1 per 50 ms, text by the model.
struct Usage {
  std::int32_t input_text_tokens = 0;
  std::int32_t input_audio_tokens = 0;
  std::int32_t cached_text_tokens = 0;
  std::int32_t output_text_tokens = 0;
  std::int32_t output_audio_tokens = 0;
};

struct Response {
  enum class Status : std::uint8_t { in_progress, completed, cancelled, incomplete, failed };
  enum class Reason : std::uint8_t {
    none,
    turn_detected,
    client_cancelled,
    max_output_tokens,
    rate_limited,    // failed: it never began
    content_filter,  // what the user or the model said was refused
  };

  std::string id;
  Status status = Status::in_progress;
  Reason reason = Reason::none;
  Error error;  // failed
  bool audio = true;
  std::string voice;
  OutputFormat output_format;
  std::int32_t max_output_tokens = 0;  // 0: "inf"
  float temperature = 0.0F;            // 0: always the likeliest word
  bool out_of_band = false;
  std::vector<std::pair<std::string, std::string>> metadata;
  bool has_metadata = false;
  std::vector<Item> output;  // as they stand now; audio bytes are only in the conversation
  Usage usage;
  std::int32_t prompt_tokens_estimate = 0;  // what its prompt costs when the model cannot say
};

/// When the stages of one spoken turn happened, in ms after the end-of-turn decision (negative:
/// before it). Missing stages are absent.
struct TurnTimeline {
  std::optional<std::int64_t> speech_end_ms;  // last speech sample received
  std::optional<std::int64_t> transcript_ms;  // final transcript there
  std::optional<std::int64_t> first_token_ms;
  std::optional<std::int64_t> first_clause_ms;
  std::optional<std::int64_t> first_audio_ms;
  std::optional<std::int64_t> moderation_ms;  // how long what was ready waited for checks
};

}  // namespace parley::agent
