// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/entry_json.h"

#include <string_view>
#include <variant>

#include "protocol/json_writer.h"

namespace parley::server {
namespace {

using protocol::JsonWriter;

std::string_view name_of(protocol::Job::Kind kind) {
  switch (kind) {
    case protocol::Job::Kind::room:
      return "room";
    case protocol::Job::Kind::publisher:
      return "publisher";
    case protocol::Job::Kind::participant:
      break;
  }
  return "participant";
}

std::string_view name_of(room::Participant::Kind kind) {
  switch (kind) {
    case room::Participant::Kind::standard:
      return "standard";
    case room::Participant::Kind::ingress:
      return "ingress";
    case room::Participant::Kind::egress:
      return "egress";
    case room::Participant::Kind::sip:
      return "sip";
    case room::Participant::Kind::agent:
      return "agent";
    case room::Participant::Kind::other:
      break;
  }
  return "other";
}

void text(JsonWriter& json, std::string_view name, const std::string& value) {
  json.field(name, std::string_view(value));
}

template <typename Attributes>
void attributes(JsonWriter& json, const Attributes& attributes) {
  json.key("attributes").begin_object();
  for (const auto& [name, value] : attributes) json.quoted_key(name).value(std::string_view(value));
  json.end_object();
}

/// Null: all is well.
void error(JsonWriter& json, const Status& status) {
  json.key("error");
  status ? json.null() : json.value(std::string_view(status.error().message));
}

// One for each kind: its fields behind "type" and "job".

void write(JsonWriter& json, const service::AgentEntered& entered) {
  json.field("type", "entered");
  text(json, "room", entered.room);
  text(json, "identity", entered.identity);
}

void write(JsonWriter& json, const service::WordsSaid& said) {
  json.field("type", "said");
  text(json, "identity", said.identity);
  text(json, "name", said.name);
  text(json, "segment", said.segment);
  text(json, "text", said.text);
  text(json, "language", said.language);
  json.field("begin_ms", said.begin_ms);
  json.field("end_ms", said.end_ms);
  json.field("final", said.is_final);
  json.field("own", said.is_own);
}

void write(JsonWriter& json, const service::WordsTranslated& translated) {
  json.field("type", "translated");
  text(json, "identity", translated.identity);
  text(json, "name", translated.name);
  text(json, "segment", translated.segment);
  text(json, "text", translated.text);
  text(json, "to", translated.to);
}

void write(JsonWriter& json, const service::ParticipantCame& came) {
  json.field("type", "came");
  text(json, "identity", came.participant.identity);
  text(json, "name", came.participant.name);
  json.field("kind", name_of(came.participant.kind));
  text(json, "metadata", came.participant.metadata);
  attributes(json, came.participant.attributes);
}

void write(JsonWriter& json, const service::ParticipantWent& went) {
  json.field("type", "went");
  text(json, "identity", went.identity);
}

void write(JsonWriter& json, const service::AgentStateChanged& changed) {
  json.field("type", "state");
  text(json, "state", changed.state);
}

void write(JsonWriter& json, const service::CommandRefused& refused) {
  json.field("type", "refused");
  text(json, "command", refused.command);
  text(json, "why", refused.why);
}

void write(JsonWriter& json, const service::EndComes& ends) {
  json.field("type", "ends");
  json.field("why", ends.why == service::EndComes::Why::drains ? "drains" : "terminated");
}

void write(JsonWriter& json, const service::AgentLeft& left) {
  json.field("type", "left");
  error(json, left.why);
}

}  // namespace

std::string entry_hello_json() {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.field("type", "hello");
  json.field("protocol", kEntryProtocol);
  json.end_object();
  return line;
}

std::string entry_job_json(const protocol::Job& job) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.field("type", "job");
  text(json, "job", job.id);
  json.field("kind", name_of(job.kind));
  text(json, "dispatch", job.dispatch_id);
  text(json, "room", job.room);
  text(json, "room_sid", job.room_sid);
  text(json, "participant", job.participant);
  text(json, "metadata", job.metadata);
  text(json, "agent_name", job.agent_name);
  attributes(json, job.attributes);
  json.end_object();
  return line;
}

std::string entry_event_json(const std::string& job_id, const service::AgentEvent& event) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  text(json, "job", job_id);
  std::visit([&](const auto& one) { write(json, one); }, event);
  json.end_object();
  return line;
}

}  // namespace parley::server
