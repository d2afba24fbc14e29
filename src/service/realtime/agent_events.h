// SPDX-License-Identifier: Apache-2.0
//
// Says what the agent tells in the words of the protocol: one server event for one call, in order.
// Threads: strand.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "agent/agent_listener.h"
#include "protocol/realtime/server_event.h"
#include "service/realtime/conversation_log.h"
#include "service/realtime/outbox.h"
#include "service/realtime/session_meter.h"

namespace parley::service {

class AgentEvents final : public agent::AgentListener {
 public:
  /// `outbox`, `meter` and `log` outlive it. `log` hears of each change before the outbox does;
  /// null: the conversation is not kept.
  AgentEvents(Outbox& outbox, SessionMeter& meter, std::string conversation_id,
              protocol::LlmInfo llm, ConversationLog* log = nullptr);

  /// Of a beta client: its conversation has a name. Right after `session.created`.
  void conversation_created();
  void speech_started(std::string_view item_id, media::MediaTime audio_start) override;
  void speech_stopped(std::string_view item_id, media::MediaTime audio_end) override;
  void idle_timeout(std::string_view item_id, media::MediaTime audio_start,
                    media::MediaTime audio_end) override;
  void input_committed(std::string_view item_id, std::string_view previous_item_id) override;
  void input_cleared() override;
  void item_added(const agent::Item& item, std::string_view previous_item_id) override;
  void item_done(const agent::Item& item, std::string_view previous_item_id) override;
  void item_changed(const agent::Item& item) override;
  void item_deleted(std::string_view item_id) override;
  void mcp_list_tools(std::string_view item_id, McpProgress progress) override;
  void mcp_call(std::string_view item_id, std::size_t output_index, McpProgress progress) override;
  void transcription_delta(std::string_view item_id, std::string_view delta) override;
  void transcription_completed(std::string_view item_id,
                               const agent::Transcription& heard) override;
  void user_said(std::string_view item_id, std::string_view transcript) override {
    outbox_.user_said(item_id, transcript);
  }
  void transcription_failed(std::string_view item_id, const Error& error) override;

  void response_created(const agent::Response& response) override;
  void output_item_added(const agent::OutputRef& at) override;
  void content_part_added(const agent::OutputRef& at) override;
  void text_delta(const agent::OutputRef& at, std::string_view delta) override;
  void text_done(const agent::OutputRef& at, std::string_view text) override;
  void transcript_delta(const agent::OutputRef& at, std::string_view delta) override;
  void transcript_done(const agent::OutputRef& at, std::string_view transcript) override;
  void audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) override;
  void audio_done(const agent::OutputRef& at) override;
  void arguments_delta(const agent::OutputRef& at, std::string_view delta) override;
  void arguments_done(const agent::OutputRef& at) override;
  void content_part_done(const agent::OutputRef& at, std::string_view text) override;
  void output_item_done(const agent::OutputRef& at) override;
  void response_done(const agent::Response& response, const agent::TurnTimeline& timeline) override;
  agent::ResponsePermit permit_response() override;
  void failed(const Error& error) override;

 private:
  /// Where the key has a limit of requests.
  void tell_limits(bool is_begin);
  /// Who said what.
  void tell_segments(std::string_view item_id, const agent::Transcription& heard);

  Outbox& outbox_;
  SessionMeter& meter_;
  const std::string conversation_id_;  // conv_…
  const protocol::LlmInfo llm_;
  ConversationLog* const log_;
  std::size_t segments_ = 0;  // told in this session
};

}  // namespace parley::service
