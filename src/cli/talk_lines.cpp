// SPDX-License-Identifier: Apache-2.0
#include "cli/talk_lines.h"

#include <optional>
#include <utility>

#include "protocol/json_writer.h"

namespace parley::cli {
namespace {

using protocol::JsonWriter;

std::string_view name_of(agent::Response::Status status) {
  switch (status) {
    case agent::Response::Status::completed:
      return "completed";
    case agent::Response::Status::cancelled:
      return "cancelled";
    case agent::Response::Status::incomplete:
      return "incomplete";
    case agent::Response::Status::in_progress:
      return "in_progress";
    case agent::Response::Status::failed:
      break;
  }
  return "failed";
}

/// Calls `visit(json name, name for people, time)` for each stage that has one.
template <typename Visit>
void each_stage(const agent::TurnTimeline& timeline, Visit visit) {
  const auto stage = [&visit](const char* name, const char* label,
                              const std::optional<std::int64_t>& at) {
    if (at) visit(name, label, *at);
  };
  stage("speech_end_ms", "speech ended", timeline.speech_end_ms);
  stage("transcript_ms", "transcript", timeline.transcript_ms);
  stage("first_token_ms", "first token", timeline.first_token_ms);
  stage("first_clause_ms", "first clause", timeline.first_clause_ms);
  stage("first_audio_ms", "first audio", timeline.first_audio_ms);
}

template <typename Fields>
std::string object(std::string_view type, Fields fields) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.field("type", type);
  fields(json);
  json.end_object();
  return text;
}

}  // namespace

void TalkLines::session_started(const std::string& llm, bool is_demonstration) {
  if (json_) {
    print_(object("session", [&](JsonWriter& json) {
      json.key("llm").begin_object();
      json.field("name", llm);
      json.field("demonstration", is_demonstration);
      json.end_object();
    }));
  } else if (is_demonstration) {
    print_("(" + llm +
           " answers. It only exercises the pipeline: what it says means nothing. Name a real "
           "model with llm.url.)");
  }
}

void TalkLines::speech_started(std::string_view, media::MediaTime audio_start) {
  speech("speech_started", audio_start);
}

void TalkLines::speech_stopped(std::string_view, media::MediaTime audio_end) {
  speech("speech_stopped", audio_end);
}

void TalkLines::speech(const char* type, media::MediaTime at) {
  if (json_) print_(object(type, [at](JsonWriter& json) { json.field("ms", at.ms()); }));
}

void TalkLines::transcription_completed(std::string_view, const agent::Transcription& heard) {
  if (json_) {
    print_(object("transcript", [&](JsonWriter& json) { json.field("text", heard.text); }));
  } else {
    print_("you:    " + std::string(heard.text));
  }
}

void TalkLines::transcription_failed(std::string_view, const Error& error) {
  report(error.message);
}

void TalkLines::response_created(const agent::Response&) {
  said_.clear();
  if (json_) print_(object("reply_started", [](JsonWriter&) {}));
}

void TalkLines::transcript_done(const agent::OutputRef&, std::string_view transcript) {
  said_ += transcript;
}

void TalkLines::response_done(const agent::Response& response,
                              const agent::TurnTimeline& timeline) {
  if (response.status == agent::Response::Status::failed) report(response.error.message);
  if (json_) {
    print_(object("reply", [&](JsonWriter& json) {
      json.field("text", said_);
      json.field("status", name_of(response.status));
      json.key("timeline").begin_object();
      each_stage(timeline,
                 [&json](const char* name, const char*, std::int64_t ms) { json.field(name, ms); });
      json.end_object();
    }));
    return;
  }
  std::string line = "parley: " + said_;
  if (response.status == agent::Response::Status::cancelled) line += " (interrupted)";
  print_(std::move(line));
  std::string times;
  each_stage(timeline, [&times](const char*, const char* label, std::int64_t ms) {
    times += (times.empty() ? "" : ", ") + std::string(label) + " " + std::to_string(ms);
  });
  if (!times.empty()) print_("        ms from the end of your turn: " + times);
}

void TalkLines::failed(const Error& error) { report(error.message); }

void TalkLines::report(std::string_view message) {
  has_failed_ = true;
  if (json_) {
    print_(object("error", [&](JsonWriter& json) { json.field("message", message); }));
  } else {
    print_("error:  " + std::string(message));
  }
}

}  // namespace parley::cli
