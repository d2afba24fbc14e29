// SPDX-License-Identifier: Apache-2.0
//
// The live settings of one session. The agent's owner changes them between two calls; operators
// read them by reference on the same strand, so a change takes effect with the next frame.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/mcp_servers.h"
#include "agent/response.h"
#include "base/clock.h"
#include "media/frame.h"
#include "model/asr_model.h"
#include "model/llm_model.h"
#include "operators/asr/partial_operator.h"
#include "operators/audio/noise_reduction_operator.h"
#include "operators/turn/turn_settings.h"

namespace parley::agent {

struct InputFormat {
  media::Codec codec = media::Codec::pcm16;
  int rate = 24'000;  // Hz: 24000 for pcm16, 8000 for G.711
};

/// What is checked before it is heard; needs AgentContext::moderation.
struct ModerationSettings {
  bool input = false;             // the user's words, before the reply to them
  bool output = false;            // each clause of a reply
  Millis timeout{2000};           // for one verdict
  bool passes_unchecked = false;  // what nobody judged in time: passes, or is refused
};

struct AgentSettings {
  std::string instructions;
  std::vector<model::LlmTool> tools;
  std::vector<McpEntry> mcp;  // servers whose tools the model may call
  model::LlmToolChoice tool_choice;
  std::string tool_server;  // only the tools of the MCP server of this label; empty: all tools
  bool parallel_tool_calls = true;
  model::LlmTruncation truncation;     // of a conversation that outgrows the model's context
  float temperature = 0.0F;            // 0: always the likeliest word
  std::int32_t max_output_tokens = 0;  // 0: no limit
  bool audio = true;                   // replies are spoken; false: text only
  std::string voice = "alloy";
  float speed = 1.0F;     // 0.25 to 1.5
  bool any_seed = false;  // a phrase may sound as it did in another session
  InputFormat input_format;
  OutputFormat output_format;
  bool transcription = false;  // report what the user said
  bool token_scores = false;   // and how sure recognition was of each token
  std::string language;        // ISO 639-1 hint for recognition, or empty
  model::AsrHintsRef hints;    // further ones; null: none
  /// Of an agent that is made with it, words are told while they are spoken: as `partial` says.
  bool has_partials = false;
  operators::PartialSettings partial{.interval = Millis(0)};
  /// Say whose each transcript is; without AgentContext::speakers and voices nobody's.
  bool diarize = false;
  operators::TurnSettings turn;
  operators::NoiseSettings noise;
  Millis playout_lead{2000};  // 0: no limit
  ModerationSettings moderation;
  /// Turns of others than enrolled speakers ask for no reply; needs AgentContext::known_speakers.
  bool enrolled_only = false;
  /// And the listener hears of each turn whether it is one: whoever asks for replies himself, and
  /// only to some turns, goes by AgentListener::turn_judged.
  bool judge_turns = false;
};

}  // namespace parley::agent
