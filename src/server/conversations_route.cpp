// SPDX-License-Identifier: Apache-2.0
#include "server/conversations_route.h"

#include <charconv>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "protocol/json_writer.h"
#include "protocol/realtime/history_parser.h"
#include "protocol/realtime/kept_item.h"
#include "server/http_error.h"

namespace parley::server {
namespace {

using protocol::JsonWriter;
using transport::HttpReply;
using transport::HttpRequest;
using transport::HttpResponse;

constexpr std::string_view kInvalid = "invalid_request_error";
/// What comes between the keys of items that were loaded: see service/realtime/order_keys.cpp.
constexpr std::int64_t kPositionStep = 1 << 20;

HttpResponse json_response(std::string body) {
  return {.status = 200,
          .content_type = "application/json",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

HttpResponse failure(const Error& error) {
  switch (error.code) {
    case ErrorCode::not_found:
      return http_error(404, kInvalid, "conversation_not_found", error.message);
    case ErrorCode::invalid_argument:
      return http_error(400, kInvalid, "invalid_value", error.message);
    default:
      return http_error(503, "server_error", "conversation_store_unavailable", error.message);
  }
}

void write_summary(JsonWriter& json, const store::Summary& summary) {
  json.field("id", summary.id);
  json.field("object", "conversation");
  json.field("created_at", summary.created);
  json.field("updated_at", summary.updated);
  json.field("model", summary.model);
  json.key("metadata").raw(summary.metadata);
  json.field("item_count", summary.items);
}

std::string page_json(const store::Page& page) {
  std::string body;
  JsonWriter json(body);
  const auto id_or_null = [&](std::string_view key, bool first) {
    json.key(key);
    if (page.conversations.empty()) {
      json.null();
    } else {
      json.value((first ? page.conversations.front() : page.conversations.back()).id);
    }
  };
  json.begin_object();
  json.field("object", "list");
  json.key("data").begin_array();
  for (const store::Summary& summary : page.conversations) {
    json.begin_object();
    write_summary(json, summary);
    json.end_object();
  }
  json.end_array();
  id_or_null("first_id", true);
  id_or_null("last_id", false);
  json.field("has_more", page.has_more);
  json.end_object();
  return body;
}

std::string conversation_json(const store::Conversation& conversation) {
  protocol::TokenUsage usage;
  for (const store::Response& response : conversation.responses) {
    // One that cannot be read is shown as it is, and counts nothing.
    static_cast<void>(protocol::add_usage(response.json, usage));
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_summary(json, conversation.summary);
  json.key("items").begin_array();
  for (const store::Item& item : conversation.items) json.raw(item.json);
  json.end_array();
  json.key("responses").begin_array();
  for (const store::Response& response : conversation.responses) json.raw(response.json);
  json.end_array();
  json.key("usage").begin_object();
  json.field("total_tokens",
             usage.input_text + usage.input_audio + usage.output_text + usage.output_audio);
  json.field("input_text_tokens", usage.input_text);
  json.field("input_audio_tokens", usage.input_audio);
  json.field("cached_tokens", usage.cached_text);
  json.field("output_text_tokens", usage.output_text);
  json.field("output_audio_tokens", usage.output_audio);
  json.end_object();
  json.end_object();
  return body;
}

Result<std::string> transcript(const store::Conversation& conversation) {
  std::string text;
  for (const store::Item& item : conversation.items) {
    PARLEY_TRY(const protocol::KeptItem kept, protocol::read_kept_item(item.json));
    text += protocol::transcript_line(kept);
  }
  return text;
}

std::optional<std::size_t> limit_of(const HttpRequest& request) {
  const auto text = request.query_value("limit");
  if (!text) return kPageLimitDefault;
  std::size_t limit = 0;
  const auto [end, wrong] = std::from_chars(text->data(), text->data() + text->size(), limit);
  const bool is_number = wrong == std::errc() && end == text->data() + text->size();
  if (!is_number || limit < 1 || limit > kPageLimitMax) return std::nullopt;
  return limit;
}

/// Answers are written on the store's thread, by functions that must be copyable.
std::shared_ptr<HttpReply> shared(HttpReply reply) {
  return std::make_shared<HttpReply>(std::move(reply));
}

}  // namespace

bool ConversationsRoute::serves(std::string_view path) {
  return path.starts_with(kPath) && (path.size() == kPath.size() || path[kPath.size()] == '/');
}

ConversationsRoute::ConversationsRoute(store::ConversationStore* store, media::BufferPool& buffers,
                                       const Clock& clock)
    : store_(store), buffers_(buffers), clock_(clock), random_(entropy_seed()) {}

void ConversationsRoute::handle(const HttpRequest& request, std::string owner, HttpReply reply) {
  if (store_ == nullptr) {
    return reply.send(http_error(404, kInvalid, "conversations_not_kept",
                                 "This server keeps no conversations (store.path is empty)."));
  }
  std::string_view rest = std::string_view(request.path).substr(kPath.size());
  if (rest.empty() || rest == "/") {
    if (request.method == "GET") return list(request, std::move(owner), std::move(reply));
    if (request.method == "POST") return create(request, std::move(owner), std::move(reply));
    return reply.send(wrong_method("GET, POST"));
  }
  rest.remove_prefix(1);
  const std::size_t slash = rest.find('/');
  store::Key key{std::string(rest.substr(0, slash)), std::move(owner)};
  const std::string_view below = slash == std::string_view::npos ? "" : rest.substr(slash);
  if (!below.empty() && below != "/transcript") {
    return reply.send(http_error(404, kInvalid, "not_found", "There is nothing at this path."));
  }
  if (request.method == "GET") {
    const bool as_text = !below.empty() || request.query_value("format") == "text";
    return show(std::move(key), as_text, std::move(reply));
  }
  if (request.method == "DELETE" && below.empty()) return erase(std::move(key), std::move(reply));
  reply.send(wrong_method(below.empty() ? "GET, DELETE" : "GET"));
}

void ConversationsRoute::list(const HttpRequest& request, std::string owner, HttpReply reply) {
  const std::optional<std::size_t> limit = limit_of(request);
  if (!limit) {
    return reply.send(http_error(400, kInvalid, "invalid_value",
                                 "Invalid 'limit': expected a whole number from 1 to 100."));
  }
  store::ListQuery query{.owner = std::move(owner), .limit = *limit};
  if (const auto after = request.query_value("after")) query.after = *after;
  store_->list(std::move(query), [to = shared(std::move(reply))](Result<store::Page> page) {
    to->send(page ? json_response(page_json(*page)) : failure(page.error()));
  });
}

void ConversationsRoute::create(const HttpRequest& request, std::string owner, HttpReply reply) {
  auto parsed = protocol::parse_history(
      request.body, buffers_, [this](std::string_view prefix) { return make_id(prefix); });
  if (const auto* problem = std::get_if<protocol::ProtocolError>(&parsed)) {
    return reply.send(http_error(400, *problem));
  }
  auto& history = std::get<protocol::History>(parsed);
  store::Batch batch;
  batch.conversation = make_id("conv_");
  batch.at = clock_.unix_seconds();
  batch.birth =
      store::Birth{.owner = std::move(owner), .model = history.model, .metadata = history.metadata};
  std::int64_t position = 0;
  for (protocol::Item& item : history.items) {
    protocol::KeptItem kept{.item = std::move(item), .sounds = {}};
    std::string json = protocol::to_json(kept);
    batch.changes.emplace_back(
        store::PutItem{{kept.item.id, position += kPositionStep, std::move(json)}});
  }
  const store::Summary summary{.id = batch.conversation,
                               .model = std::move(history.model),
                               .metadata = std::move(history.metadata),
                               .created = batch.at,
                               .updated = batch.at,
                               .items = static_cast<std::int64_t>(batch.changes.size())};
  store_->append(std::move(batch), [to = shared(std::move(reply)), summary](const Status& kept) {
    if (!kept) return to->send(failure(kept.error()));
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    write_summary(json, summary);
    json.end_object();
    to->send(json_response(std::move(body)));
  });
}

void ConversationsRoute::show(store::Key key, bool as_text, HttpReply reply) {
  store_->load(std::move(key),
               [to = shared(std::move(reply)), as_text](Result<store::Conversation> conversation) {
                 if (!conversation) return to->send(failure(conversation.error()));
                 if (!as_text) return to->send(json_response(conversation_json(*conversation)));
                 Result<std::string> text = transcript(*conversation);
                 if (!text) return to->send(failure(text.error()));
                 to->send({.status = 200,
                           .content_type = "text/plain; charset=utf-8",
                           .body = std::move(*text),
                           .headers = {{"Cache-Control", "no-store"}}});
               });
}

void ConversationsRoute::erase(store::Key key, HttpReply reply) {
  const std::string id = key.id;
  store_->erase(std::move(key), [to = shared(std::move(reply)), id](const Status& gone) {
    if (!gone) return to->send(failure(gone.error()));
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.field("id", id);
    json.field("object", "conversation.deleted");
    json.field("deleted", true);
    json.end_object();
    to->send(json_response(std::move(body)));
  });
}

std::string ConversationsRoute::make_id(std::string_view prefix) {
  const std::lock_guard lock(mutex_);
  return random_.id(prefix);
}

}  // namespace parley::server
