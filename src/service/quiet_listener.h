// SPDX-License-Identifier: Apache-2.0
//
// An agent's listener that hears nothing: for sessions of protocols that have words for little of
// what an agent tells. Threads: strand.
#pragma once

#include <string_view>

#include "agent/agent_listener.h"

namespace parley::service {

class QuietListener : public agent::AgentListener {
 protected:
  void speech_started(std::string_view, media::MediaTime) override {}
  void speech_stopped(std::string_view, media::MediaTime) override {}
  void idle_timeout(std::string_view, media::MediaTime, media::MediaTime) override {}
  void input_committed(std::string_view, std::string_view) override {}
  void input_cleared() override {}
  void item_added(const agent::Item&, std::string_view) override {}
  void item_done(const agent::Item&, std::string_view) override {}
  void transcription_completed(std::string_view, const agent::Transcription&) override {}
  void transcription_failed(std::string_view, const Error&) override {}
  void response_created(const agent::Response&) override {}
  void output_item_added(const agent::OutputRef&) override {}
  void content_part_added(const agent::OutputRef&) override {}
  void text_delta(const agent::OutputRef&, std::string_view) override {}
  void text_done(const agent::OutputRef&, std::string_view) override {}
  void transcript_delta(const agent::OutputRef&, std::string_view) override {}
  void transcript_done(const agent::OutputRef&, std::string_view) override {}
  void audio_delta(const agent::OutputRef&, const media::EncodedAudio&) override {}
  void audio_done(const agent::OutputRef&) override {}
  void arguments_delta(const agent::OutputRef&, std::string_view) override {}
  void arguments_done(const agent::OutputRef&) override {}
  void content_part_done(const agent::OutputRef&, std::string_view) override {}
  void output_item_done(const agent::OutputRef&) override {}
  void response_done(const agent::Response&, const agent::TurnTimeline&) override {}
  void failed(const Error&) override {}
};

}  // namespace parley::service
