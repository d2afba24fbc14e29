// SPDX-License-Identifier: Apache-2.0
//
// The voice agent of one session: owns the pipeline and the conversation, decides who speaks.
//
// The face (Realtime session, room, command line) feeds it audio and commands and hears back
// through AgentListener. Audio in: append → decode → … → transcript. A turn's end commits an item
// and, if the settings say so, asks for a reply; speech during a reply interrupts it (the
// pipeline's turn moves on, model calls are cancelled, the reply is closed out as cancelled).
//
// Threads: strand, all of it; models answer through the strand's waker, and then `run` is called.
// Preconditions of commands are the face's to check first (they make the protocol's error codes);
// a breach is checked here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/agent_listener.h"
#include "agent/agent_settings.h"
#include "agent/conversation.h"
#include "agent/response.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "exec/slice_budget.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "graph/tap.h"
#include "graph/watchdog.h"
#include "media/buffer_pool.h"
#include "model/asr_model.h"
#include "model/known_speakers.h"
#include "model/llm_model.h"
#include "model/mcp_connector.h"
#include "model/moderation_host.h"
#include "model/speaker_model.h"
#include "model/tool_host.h"
#include "model/tts_model.h"
#include "model/turn_model.h"
#include "model/vad_model.h"

namespace parley::agent {

/// What all sessions share; everything outlives every agent.
struct AgentContext {
  Clock& clock;
  exec::TimerService& timers;
  media::BufferPool& buffers;
  Metrics& metrics;
  model::VadHost& vad;
  model::AsrHost& asr;
  model::LlmHost& llm;
  model::TtsHost& tts;
  graph::Tap* tap = nullptr;                    // sees every frame; may be null
  graph::Watchdog* watchdog = nullptr;          // names an operator that stalls; may be null
  std::string name = {};                        // of the session, in what the watchdog says
  model::ToolHost* tools = nullptr;             // functions that this server runs; may be null
  model::TurnHost* turn = nullptr;              // null: turns end by silence alone
  model::McpConnector* mcp = nullptr;           // to servers that sessions name; may be null
  model::ModerationHost* moderation = nullptr;  // null: nothing is checked
  model::SpeakerHost* speakers = nullptr;       // null, or the next is: nobody is told apart
  model::KnownSpeakers* known_speakers = nullptr;
  std::string owner = {};                  // of the session: whose speakers are known
  model::KnownSpeakers* voices = nullptr;  // of the session: strangers too; null: nobody
};

/// Counts turns that a gate of speakers kept from being answered.
[[nodiscard]] Counter& refused_turns(Metrics& metrics);

/// Replies beside the conversation that are in progress; a further one fails at once (counted).
inline constexpr std::size_t kRepliesBesideMax = 16;

class VoiceAgent {
 public:
  /// `settings` is read live and must outlive the agent. `seed` drives every random choice.
  static Result<std::unique_ptr<VoiceAgent>> make(const AgentContext& context,
                                                  const AgentSettings& settings,
                                                  AgentListener& listener, exec::Waker waker,
                                                  std::uint64_t seed);
  ~VoiceAgent();

  /// One slice: runs the pipeline, reacts to what came out. True: there is more to do right now.
  bool run();
  /// Likewise, as a part of a slice that has other work too.
  bool run(const exec::SliceBudget& budget);

  // Input buffer.
  /// False while earlier audio still waits in front of the detector: keep further events until the
  /// next `run`, so that a client that sends a whole file at once loses nothing.
  [[nodiscard]] bool can_append() const;
  /// Raw bytes in settings.input_format, whole samples, not empty. REQUIRES: can_append().
  void append_audio(media::BufferRef bytes);
  /// Audio that a commit would take: since the last commit or clear (push to talk), or of the open
  /// utterance (turn detection).
  [[nodiscard]] media::MediaTime buffered() const;
  /// Requires buffered() >= 100 ms.
  void commit();
  void clear();

  // Conversation. Ids are new; positions and items exist.
  /// What was said in earlier sessions, at the end, without a word to the listener. Recordings
  /// without a transcript are heard now: at most kRecordingsWaitingMax.
  void load(std::vector<Item> items);
  void insert_item(Item item, const Conversation::Position& position);
  void delete_item(std::string_view item_id);
  void truncate_item(std::string_view item_id, std::size_t content_index, media::MediaTime end);
  [[nodiscard]] const Conversation& conversation() const;

  // Replies. At most one in the conversation; out-of-band ones beside it.
  [[nodiscard]] const Response* active_response() const;             // of the conversation, or null
  [[nodiscard]] bool is_active(std::string_view response_id) const;  // any kind
  /// Requires: no active response, or options.out_of_band.
  void create_response(ResponseOptions options);
  /// Requires is_active(response_id).
  void cancel_response(std::string_view response_id);

  /// The settings' instructions or tools changed: prefill them now.
  void settings_changed();
  /// True for a function of this server.
  [[nodiscard]] bool has_function(std::string_view name) const;
  /// The session ends: each function call that this server still runs gets its output.
  void end();
  /// True while a response is in progress, in the conversation or beside it.
  [[nodiscard]] bool is_replying() const;
  /// True when no reply is running or waiting, nor what may ask for one, and no function of this
  /// server.
  [[nodiscard]] bool idle() const;
  /// True while the detector hears somebody who has not finished.
  [[nodiscard]] bool is_hearing() const;
  /// A fresh id: prefix + 21 characters.
  [[nodiscard]] std::string make_id(std::string_view prefix);

 private:
  struct Impl;
  explicit VoiceAgent(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::agent
