// SPDX-License-Identifier: Apache-2.0
#include "server/observers/record_json.h"

#include "protocol/json_writer.h"

namespace parley::server {
namespace {

struct WriteEvent {
  protocol::JsonWriter& json;

  void operator()(const service::SessionOpened&) const {
    json.begin_object();
    json.field("type", "session.opened");
    json.end_object();
  }
  void operator()(const service::SessionClosed& closed) const {
    json.begin_object();
    json.field("type", "session.closed");
    json.field("seconds", closed.seconds);
    json.key("tokens").begin_object();
    for (std::size_t i = 0; i < service::kTokenKinds; ++i) {
      json.field(service::to_string(static_cast<service::TokenKind>(i)), closed.tokens[i]);
    }
    json.end_object();
    if (!closed.currency.empty()) {
      json.field("cost", closed.cost);
      json.field("currency", closed.currency);
    }
    json.end_object();
  }
  void operator()(const service::UserSaid& said) const {
    json.begin_object();
    json.field("type", "transcript");
    json.field("item_id", said.item_id);
    json.field("transcript", said.transcript);
    json.end_object();
  }
  void operator()(const service::CallerSaid& said) const {
    json.begin_object();
    json.field("type", "transcript");
    json.field("track", said.track);
    json.field("transcript", said.transcript);
    json.field("start_ms", said.begin_ms);
    json.field("end_ms", said.end_ms);
    json.key("language");
    said.language.empty() ? json.null() : json.value(said.language);
    json.key("speaker");
    said.speaker.empty() ? json.null() : json.value(said.speaker);
    json.end_object();
  }
  void operator()(const protocol::ServerEvent& event) const { json.raw(protocol::to_json(event)); }
};

}  // namespace

std::string to_json(const service::SessionRecord& record) {
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object();
  json.field("time", record.unix_seconds);
  json.field("session_ms", record.session_ms);
  json.field("session", record.session->id);
  json.field("key", record.session->key);
  json.field("model", record.session->model);
  if (!record.session->call.empty()) json.field("call", record.session->call);
  json.key("event");
  std::visit(WriteEvent{json}, record.what);
  json.end_object();
  return text;
}

}  // namespace parley::server
