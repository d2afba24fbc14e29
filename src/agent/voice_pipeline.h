// SPDX-License-Identifier: Apache-2.0
//
// The life of one audio frame as code: which operators there are and how they are connected, in the
// order in which a frame meets them. The first file to open (ARCHITECTURE.md has the same list).
// Threads: control, once per session.
#pragma once

#include <memory>

#include "agent/agent_settings.h"
#include "agent/voice_agent.h"
#include "graph/pipeline.h"
#include "operators/llm/llm_operator.h"
#include "operators/playout/playout_operator.h"
#include "operators/tts/speech_settings.h"
#include "operators/turn/input_buffer.h"
#include "operators/turn/turn_operator.h"

namespace parley::agent {

/// What the speaking half gives, looked up once.
struct ReplyOutlets {
  graph::Outlet<media::TextDelta>* text = nullptr;
  graph::Outlet<media::ToolCall>* calls = nullptr;
  graph::Outlet<media::GenerationEnd>* ends = nullptr;
  graph::Outlet<media::TextDelta>* clauses = nullptr;
  graph::Outlet<media::TextDelta>* spoken = nullptr;
  graph::Outlet<media::EncodedAudio>* packets = nullptr;
};

/// From an LLM's prompt to packets for the wire.
struct ReplyPipeline {
  std::unique_ptr<graph::Pipeline> pipeline;
  operators::LlmOperator* llm = nullptr;
  ReplyOutlets reply;
};

/// From packets to what was said. Inlet: input. Outlets: turns, transcripts, windows (SpeechEvent).
struct ListeningPipeline {
  std::unique_ptr<graph::Pipeline> pipeline;
  operators::TurnOperator* turn = nullptr;
};

/// What of AgentContext listening needs: no model that speaks.
struct ListeningContext {
  const Clock& clock;
  exec::TimerService& timers;
  media::BufferPool& buffers;
  Metrics& metrics;
  model::VadHost& vad;
  model::AsrHost& asr;
  graph::Tap* tap = nullptr;
  graph::Watchdog* watchdog = nullptr;
  std::string name = {};
  model::TurnHost* turn = nullptr;  // null: turns end by silence alone
};

/// The whole of a session.
struct VoicePipeline {
  std::unique_ptr<graph::Pipeline> pipeline;
  operators::TurnOperator* turn = nullptr;
  operators::LlmOperator* llm = nullptr;
  operators::PlayoutOperator* playout = nullptr;
  graph::Inlet<media::EncodedAudio>* input = nullptr;
  graph::Outlet<media::TurnEvent>* turns = nullptr;
  graph::Outlet<media::Transcript>* transcripts = nullptr;
  graph::Outlet<media::Transcript>* partials = nullptr;  // null: none are made
  ReplyOutlets reply;
};

/// The references are the session's plain state and outlive the pipeline.
Result<VoicePipeline> make_voice_pipeline(const AgentContext& context,
                                          const AgentSettings& settings,
                                          operators::InputBuffer& input,
                                          const operators::SpeechSettings& speech,
                                          const exec::Waker& waker);

/// Only the listening half, for recordings: it hears them exactly as a session would. Whoever feeds
/// it counts `windows` to know what has been heard.
Result<ListeningPipeline> make_listening_pipeline(const ListeningContext& context,
                                                  const AgentSettings& settings,
                                                  operators::InputBuffer& input,
                                                  const exec::Waker& waker);

/// Only the speaking half, for replies beside the conversation.
Result<ReplyPipeline> make_reply_pipeline(const AgentContext& context,
                                          const operators::SpeechSettings& speech,
                                          const exec::Waker& waker);

}  // namespace parley::agent
