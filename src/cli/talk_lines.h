// SPDX-License-Identifier: Apache-2.0
//
// A conversation as lines: for people who said what and how long each stage took, or each event as
// a JSON object.
//
//   {"type":"session","llm":{"name":"…","demonstration":true}}
//   {"type":"speech_started","ms":480}         times on the user's audio
//   {"type":"speech_stopped","ms":2144}
//   {"type":"transcript","text":"…"}
//   {"type":"reply_started"}
//   {"type":"reply","text":"…","status":"completed","timeline":{"first_audio_ms":412,…}}
//   {"type":"error","message":"…"}
//
// Threads: strand, as AgentListener.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "agent/agent_listener.h"

namespace parley::cli {

class TalkLines : public agent::AgentListener {
 public:
  using Printer = std::function<void(std::string line)>;
  TalkLines(Printer print, bool json) : print_(std::move(print)), json_(json) {}

  void session_started(const std::string& llm, bool is_demonstration);
  /// A reply, a transcript or an operator failed.
  [[nodiscard]] bool has_failed() const { return has_failed_; }

  void speech_started(std::string_view item_id, media::MediaTime audio_start) override;
  void speech_stopped(std::string_view item_id, media::MediaTime audio_end) override;
  void transcription_completed(std::string_view item_id,
                               const agent::Transcription& heard) override;
  void transcription_failed(std::string_view item_id, const Error& error) override;
  void response_created(const agent::Response& response) override;
  void transcript_done(const agent::OutputRef& at, std::string_view transcript) override;
  void response_done(const agent::Response& response, const agent::TurnTimeline& timeline) override;
  void failed(const Error& error) override;

  // What a conversation by voice has no line for.
  void idle_timeout(std::string_view, media::MediaTime, media::MediaTime) override {}
  void input_committed(std::string_view, std::string_view) override {}
  void input_cleared() override {}
  void item_added(const agent::Item&, std::string_view) override {}
  void item_done(const agent::Item&, std::string_view) override {}
  void output_item_added(const agent::OutputRef&) override {}
  void content_part_added(const agent::OutputRef&) override {}
  void text_delta(const agent::OutputRef&, std::string_view) override {}
  void text_done(const agent::OutputRef&, std::string_view) override {}
  void transcript_delta(const agent::OutputRef&, std::string_view) override {}
  void audio_delta(const agent::OutputRef&, const media::EncodedAudio&) override {}
  void audio_done(const agent::OutputRef&) override {}
  void arguments_delta(const agent::OutputRef&, std::string_view) override {}
  void arguments_done(const agent::OutputRef&) override {}
  void content_part_done(const agent::OutputRef&, std::string_view) override {}
  void output_item_done(const agent::OutputRef&) override {}

 private:
  void speech(const char* type, media::MediaTime at);
  void report(std::string_view message);

  Printer print_;
  const bool json_;
  std::string said_;  // by the reply that runs
  bool has_failed_ = false;
};

}  // namespace parley::cli
