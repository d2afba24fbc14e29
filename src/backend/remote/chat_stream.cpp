// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/chat_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/json.hpp>

#include "backend/remote/json_fields.h"

namespace parley::backend {

namespace json = boost::json;

struct ChatStream::Chunk {
  const json::object& object;
};

namespace {

using Kind = model::LlmDelta::Kind;

// Fragments of further calls are kept until the end.
constexpr std::size_t kCallsMax = 16;
constexpr std::size_t kArgumentsBytesMax = 1U << 20U;
constexpr std::size_t kErrorBytesMax = 300;

std::int64_t integer_at(const json::object& object, std::string_view key, std::int64_t otherwise) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return otherwise;
  const json::result<std::int64_t> number = json::try_value_to<std::int64_t>(*value);
  return number ? *number : otherwise;
}
std::int32_t tokens_at(const json::object& object, std::string_view key) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(
      integer_at(object, key, 0), 0, std::numeric_limits<std::int32_t>::max()));
}

json::value parse(std::string_view text, boost::system::error_code& error) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;  // a character may be cut between two deltas
  return json::parse(text, error, {}, options);
}

std::string cut(std::string_view text) {
  Utf8Assembler characters;
  std::string whole;
  characters.push(text.substr(0, kErrorBytesMax), whole);
  return whole;
}

/// {"error": {"message": …}}, {"error": "…"}, {"message": …} or {"detail": …}.
std::string error_of(const json::object& object) {
  if (const json::object* error = object_at(object, "error")) {
    const std::string_view message = text_at(*error, "message");
    return cut(message.empty() ? std::string_view(json::serialize(*error)) : message);
  }
  for (const char* key : {"error", "message", "detail"}) {
    const std::string_view message = text_at(object, key);
    if (!message.empty()) return cut(message);
  }
  return {};
}

}  // namespace

Status ChatStream::take(std::string_view data) {
  if (is_done_) return {};
  if (data == "[DONE]") {
    is_done_ = true;
    return {};
  }
  boost::system::error_code error;
  const json::value parsed = parse(data, error);
  const json::object* chunk = error ? nullptr : parsed.if_object();
  if (chunk == nullptr) {
    return Error{ErrorCode::data_corrupt, "the endpoint sent an event that is no JSON object"};
  }
  if (const json::value* problem = chunk->if_contains("error"); problem && !problem->is_null()) {
    return Error{ErrorCode::unavailable, "the endpoint reports: " + error_of(*chunk)};
  }
  if (const json::object* usage = object_at(*chunk, "usage")) {
    has_usage_ = true;
    usage_.input_tokens = tokens_at(*usage, "prompt_tokens");
    usage_.output_tokens = tokens_at(*usage, "completion_tokens");
    if (const json::object* details = object_at(*usage, "prompt_tokens_details")) {
      usage_.cached_tokens = tokens_at(*details, "cached_tokens");
    }
  }
  const json::array* choices = array_at(*chunk, "choices");
  const json::object* choice =
      choices == nullptr || choices->empty() ? nullptr : choices->front().if_object();
  if (choice == nullptr) return {};
  // Not asked to stream, a server sends the whole message under another name.
  const json::object* delta = object_at(*choice, "delta");
  if (delta == nullptr) delta = object_at(*choice, "message");
  if (delta != nullptr) {
    take_text(text_at(*delta, "content"));
    if (const json::array* calls = array_at(*delta, "tool_calls")) {
      for (std::size_t i = 0; i < calls->size(); ++i) {
        if (const json::object* call = (*calls)[i].if_object()) take_call({*call}, i);
      }
    }
  }
  const std::string_view finish = text_at(*choice, "finish_reason");
  has_finish_ = has_finish_ || !finish.empty();
  was_cut_ = was_cut_ || finish == "length";
  return {};
}

void ChatStream::take_text(std::string_view bytes) {
  if (bytes.empty()) return;
  has_begun_ = true;
  ++content_chunks_;
  std::string text;
  characters_.push(bytes, text);
  if (!text.empty()) sink_(Kind::text, std::move(text));
}

void ChatStream::take_call(const Chunk& fragment, std::size_t position) {
  const json::object* function = object_at(fragment.object, "function");
  if (function == nullptr) return;
  has_begun_ = true;
  ++content_chunks_;
  ToolCall& call =
      call_of(integer_at(fragment.object, "index", -1), text_at(fragment.object, "id"), position);
  call.name += text_at(*function, "name");
  std::string arguments(text_at(*function, "arguments"));
  // Some servers send the arguments as an object instead of its text.
  if (const json::object* object = object_at(*function, "arguments")) {
    arguments = json::serialize(*object);
  }
  if (arguments.empty() || call.arguments.size() + arguments.size() > kArgumentsBytesMax) return;
  call.arguments += arguments;
  if (&call != &calls_.front()) return;
  name_first();
  sink_(Kind::tool_arguments, std::move(arguments));
}

/// The call that a fragment continues: by index, else by id, else by its position in the chunk.
ChatStream::ToolCall& ChatStream::call_of(std::int64_t index, std::string_view id,
                                          std::size_t position) {
  const auto is_it = [&](const ToolCall& call) {
    if (index >= 0) return call.index == index;
    return !id.empty() && call.id == id;
  };
  if (const auto known = std::find_if(calls_.begin(), calls_.end(), is_it); known != calls_.end()) {
    return *known;
  }
  const bool is_new = index >= 0 || !id.empty() || position >= calls_.size();
  if (is_new && calls_.size() < kCallsMax) {
    ToolCall call;
    call.index = index;
    call.id = id;
    calls_.push_back(std::move(call));
    return calls_.back();
  }
  return calls_[std::min(position, calls_.size() - 1)];
}

/// The name is complete when the arguments begin.
void ChatStream::name_first() {
  ToolCall& call = calls_.front();
  if (call.is_named) return;
  call.is_named = true;
  sink_(Kind::tool_name, call.name);
}

Status ChatStream::finish() {
  std::string rest;
  characters_.finish(rest);
  if (!rest.empty()) sink_(Kind::text, std::move(rest));
  if (!has_begun_ && !is_complete()) {
    return Error{ErrorCode::unavailable, "the endpoint ended its answer without saying anything"};
  }
  for (ToolCall& call : calls_) {
    const bool is_first = &call == &calls_.front();
    if (is_first) {
      name_first();
    } else {
      sink_(Kind::tool_name, call.name);
    }
    if (call.arguments.empty()) {
      call.arguments = "{}";
      if (is_first) sink_(Kind::tool_arguments, "{}");
    }
    if (!is_first) sink_(Kind::tool_arguments, call.arguments);
    boost::system::error_code error;
    const json::value arguments = json::parse(call.arguments, error);
    if (!was_cut_ && (error || !arguments.is_object())) {
      return Error{ErrorCode::data_corrupt,
                   "the endpoint's arguments for " + cut(call.name) + " are no JSON object"};
    }
  }
  return {};
}

model::LlmCall::Finish ChatStream::finish_reason() const noexcept {
  if (was_cut_) return model::LlmCall::Finish::length;
  // A forced function ends in "stop" at OpenAI; the call itself tells.
  return calls_.empty() ? model::LlmCall::Finish::stop : model::LlmCall::Finish::tool_call;
}

model::LlmUsage ChatStream::usage() const noexcept {
  model::LlmUsage usage = usage_;
  if (!has_usage_) usage.output_tokens = content_chunks_;
  return usage;
}

std::string error_text(std::string_view body) {
  boost::system::error_code error;
  const json::value parsed = parse(body, error);
  if (!error && parsed.is_object()) return error_of(parsed.get_object());
  return cut(body.substr(0, body.find_first_of("\r\n<")));
}

}  // namespace parley::backend
