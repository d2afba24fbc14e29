// SPDX-License-Identifier: Apache-2.0
//
// What a VoiceAgent tells the face that drives it (Realtime session, room, command line), in the
// order in which a Realtime client must see it (openai-realtime reference, sequences 5.2 to 5.13).
// Threads: strand; called from inside VoiceAgent's own methods. Do not call back into the agent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/conversation.h"
#include "agent/response.h"
#include "media/frame.h"

namespace parley::agent {

/// Names the part of a reply that an event is about.
struct OutputRef {
  const Response& response;
  std::size_t output_index;
  const Item& item;
};

/// Whether a response may begin. Not granted without a failure: there is none, and nothing is said.
struct ResponsePermit {
  bool granted = true;
  std::optional<Error> failure = {};
};

/// What was recognised of the user's audio.
struct Transcription {
  std::string_view text;
  media::MediaTime audio;                       // how much of it
  std::span<const media::WordTime> words;       // from the start of the item's audio
  std::span<const media::TokenScore> tokens{};  // empty unless the settings ask for them
  std::string_view language{};                  // ISO 639-1; empty: recognition does not tell
  std::string_view untold{};                    // of the text: what no delta has told
  /// Of one whose speaker was looked for.
  struct Speech {
    std::string_view speaker;  // or who spoke before, if he said too little; empty: nobody known
    media::MediaTime begin{};  // of speech, from the start of the item's audio
    media::MediaTime end{};
  };
  std::optional<Speech> speech{};
};

class AgentListener {
 public:
  virtual ~AgentListener() = default;

  // The user's side. Times count all audio appended since the session began.
  virtual void speech_started(std::string_view item_id, media::MediaTime audio_start) = 0;
  virtual void speech_stopped(std::string_view item_id, media::MediaTime audio_end) = 0;
  /// Nobody spoke for the idle timeout after a reply; the item that stands for the silence follows.
  virtual void idle_timeout(std::string_view item_id, media::MediaTime audio_start,
                            media::MediaTime audio_end) = 0;
  virtual void input_committed(std::string_view item_id, std::string_view previous_item_id) = 0;
  virtual void input_cleared() = 0;
  virtual void item_added(const Item& item, std::string_view previous_item_id) = 0;
  virtual void item_done(const Item& item, std::string_view previous_item_id) = 0;
  /// What is known of an item of the conversation became more: its transcript came, or more of it
  /// was spoken, or it was cut. For those who keep it; clients are told in other words.
  virtual void item_changed(const Item& /*item*/) {}
  /// By its client, which is told by whoever took the order.
  virtual void item_deleted(std::string_view /*item_id*/) {}
  /// An MCP server is asked for its tools; a call to one goes out. For an item of the conversation,
  /// between `item_added` and `item_done`.
  enum class McpProgress : std::uint8_t { in_progress, completed, failed };
  virtual void mcp_list_tools(std::string_view /*item_id*/, McpProgress /*progress*/) {}
  virtual void mcp_call(std::string_view /*item_id*/, std::size_t /*output_index*/,
                        McpProgress /*progress*/) {}
  /// Only while input transcription is on. A delta comes while somebody speaks, if the settings ask
  /// for it, and only adds to those before; its item is announced, and not there yet.
  virtual void transcription_delta(std::string_view /*item_id*/, std::string_view /*delta*/) {}
  virtual void transcription_completed(std::string_view item_id, const Transcription& heard) = 0;
  /// What recognition made of an item, whether transcription is on or not; before the above.
  virtual void user_said(std::string_view /*item_id*/, std::string_view /*transcript*/) {}
  virtual void transcription_failed(std::string_view item_id, const Error& error) = 0;
  /// Only where AgentSettings::judge_turns asks for it: whether an enrolled speaker spoke the turn
  /// that became the item. Before its words, or after them.
  virtual void turn_judged(std::string_view /*item_id*/, bool /*is_enrolled*/) {}

  // The reply's side: created → per item added → parts → deltas → done … → response_done.
  virtual void response_created(const Response& response) = 0;
  virtual void output_item_added(const OutputRef& at) = 0;
  virtual void content_part_added(const OutputRef& at) = 0;  // audio or text: at.response.audio
  virtual void text_delta(const OutputRef& at, std::string_view delta) = 0;
  virtual void text_done(const OutputRef& at, std::string_view text) = 0;
  virtual void transcript_delta(const OutputRef& at, std::string_view delta) = 0;
  virtual void transcript_done(const OutputRef& at, std::string_view transcript) = 0;
  virtual void audio_delta(const OutputRef& at, const media::EncodedAudio& audio) = 0;
  virtual void audio_done(const OutputRef& at) = 0;
  virtual void arguments_delta(const OutputRef& at, std::string_view delta) = 0;
  virtual void arguments_done(const OutputRef& at) = 0;
  virtual void content_part_done(const OutputRef& at, std::string_view text) = 0;
  virtual void output_item_done(const OutputRef& at) = 0;
  virtual void response_done(const Response& response, const TurnTimeline& timeline) = 0;

  /// Asked before the agent begins a response by itself: at the end of a turn, after the output of
  /// a function that this server runs, at the end of a silence.
  virtual ResponsePermit permit_response() { return {}; }

  /// An operator failed; the session goes on.
  virtual void failed(const Error& error) = 0;
};

}  // namespace parley::agent
