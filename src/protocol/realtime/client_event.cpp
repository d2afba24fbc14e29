// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/client_event.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/trace.h"
#include "base/utf8.h"
#include "protocol/json_reader.h"
#include "protocol/realtime/beta/beta_reader.h"
#include "protocol/realtime/item_parser.h"
#include "protocol/realtime/session_parser.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kDepthMax = 64;           // a tool's schema may nest
constexpr std::size_t kStackBytes = 8U << 10U;  // a 20 ms append is parsed without the heap
constexpr std::string_view kMissingType = "The 'type' field is missing.";

using Payload = std::optional<ClientPayload>;
using Null = ObjectReader::Null;

Payload parse_session_update(ObjectReader& event, media::BufferPool& /*buffers*/) {
  const json::value* value = event.require("session");
  if (value == nullptr) return std::nullopt;
  std::optional<SessionPatch> patch = read_session(*value, "session", event.problems());
  if (!patch) return std::nullopt;
  return SessionUpdate{std::make_unique<SessionPatch>(std::move(*patch))};
}

Payload parse_append(ObjectReader& event, media::BufferPool& buffers) {
  const json::value* value = event.require("audio");
  if (value == nullptr) return std::nullopt;
  std::optional<media::BufferRef> audio = read_audio(*value, "audio", buffers, event.problems());
  if (!audio) return std::nullopt;
  return InputAudioBufferAppend{std::move(*audio)};
}

template <typename Event>
Payload parse_bare(ObjectReader& /*event*/, media::BufferPool& /*buffers*/) {
  return Event{};
}

template <typename Event>
Payload parse_item_id(ObjectReader& event, media::BufferPool& /*buffers*/) {
  return Event{event.required_string("item_id")};
}

Payload parse_item_create(ObjectReader& event, media::BufferPool& buffers) {
  ConversationItemCreate create;
  const json::value* previous = event.find("previous_item_id");
  if (previous != nullptr && !previous->is_null()) {
    create.previous_item_id = read_string(*previous, "previous_item_id", event.problems());
    if (create.previous_item_id == "") create.previous_item_id.reset();
  }
  const json::value* value = event.require("item");
  if (value == nullptr) return std::nullopt;
  std::optional<Item> item = read_item(*value, "item", buffers, event.problems());
  if (!item) return std::nullopt;
  create.item = std::make_unique<Item>(std::move(*item));
  return create;
}

Payload parse_truncate(ObjectReader& event, media::BufferPool& /*buffers*/) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  ConversationItemTruncate truncate;
  truncate.item_id = event.required_string("item_id");
  event.require("content_index");
  truncate.content_index = event.integer("content_index", 0, kMax).value_or(0);
  event.require("audio_end_ms");
  truncate.audio_end_ms = event.integer("audio_end_ms", 0, kMax).value_or(0);
  return truncate;
}

std::optional<Metadata> read_metadata(const json::value& value, std::string_view path,
                                      Problems& problems) {
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  if (object->size() > kMetadataPairsMax) {
    problems.report(invalid_value(std::string(path), "Invalid value for '" + std::string(path) +
                                                         "': expected at most 16 pairs, but got " +
                                                         std::to_string(object->size()) +
                                                         " instead."));
    return std::nullopt;
  }
  Metadata metadata;
  for (const json::key_value_pair& field : *object) {
    std::string key(field.key().data(), field.key().size());
    const std::string at = std::string(path) + "." + key;
    if (characters_in(key) > kMetadataKeyMax) {
      problems.report(string_too_long(at, kMetadataKeyMax, characters_in(key)));
    }
    std::optional<std::string> text = read_string(field.value(), at, problems);
    if (!text) return std::nullopt;
    if (characters_in(*text) > kMetadataValueMax) {
      problems.report(string_too_long(at, kMetadataValueMax, characters_in(*text)));
    }
    metadata.emplace_back(std::move(key), std::move(*text));
  }
  return metadata;
}

void read_response_audio(ObjectReader& response, ResponseRequest& request) {
  const json::value* value = response.find("audio");
  if (value == nullptr) return;
  const std::string path = response.path_of("audio");
  const json::object* audio_object = read_object(*value, path, response.problems());
  if (audio_object == nullptr) return;
  ObjectReader audio(*audio_object, path, response.problems(), Null::is_absent);
  if (const json::value* inner = audio.find("output")) {
    const std::string output_path = audio.path_of("output");
    const json::object* output_object = read_object(*inner, output_path, response.problems());
    if (output_object == nullptr) return;
    ObjectReader output(*output_object, output_path, response.problems(), Null::is_absent);
    request.output_format = optional_field(output, "format", read_format);
    request.voice = optional_field(output, "voice", read_voice);
    output.finish();
  }
  audio.finish();
}

void read_response_input(ObjectReader& response, media::BufferPool& buffers,
                         ResponseRequest& request) {
  const json::value* value = response.find("input");
  if (value == nullptr) return;
  const std::string path = response.path_of("input");
  const json::array* array = read_array(*value, path, response.problems());
  if (array == nullptr) return;
  request.input.emplace();
  for (std::size_t i = 0; i < array->size(); ++i) {
    std::optional<InputItem> item =
        read_input_item((*array)[i], element_path(path, i), buffers, response.problems());
    if (!item) return;
    request.input->push_back(std::move(*item));
  }
}

Payload parse_response_create(ObjectReader& event, media::BufferPool& buffers) {
  static constexpr std::array<Choice<bool>, 2> kConversations{{{"auto", false}, {"none", true}}};
  auto request = std::make_unique<ResponseRequest>();
  const json::value* value = event.find("response");
  if (value != nullptr && !value->is_null()) {
    const json::object* object = read_object(*value, "response", event.problems());
    if (object == nullptr) return std::nullopt;
    ObjectReader response(*object, "response", event.problems(), Null::is_absent);
    request->instructions = response.string("instructions");
    request->modality = optional_field(response, "output_modalities", read_modality);
    read_response_audio(response, *request);
    request->out_of_band = response.choice("conversation", kConversations).value_or(false);
    read_response_input(response, buffers, *request);
    request->metadata = optional_field(response, "metadata", read_metadata);
    request->tools = optional_field(response, "tools", read_tools);
    request->tool_choice = optional_field(response, "tool_choice", read_tool_choice);
    request->max_output_tokens =
        optional_field(response, "max_output_tokens", read_max_output_tokens);
    request->parallel_tool_calls = response.boolean("parallel_tool_calls");
    optional_field(response, "prompt", read_prompt);
    optional_field(response, "reasoning", read_reasoning);
    response.finish();
  }
  return ResponseCreate{std::move(request)};
}

Payload parse_response_cancel(ObjectReader& event, media::BufferPool& /*buffers*/) {
  ResponseCancel cancel;
  const json::value* id = event.find("response_id");
  if (id != nullptr && !id->is_null()) {
    cancel.response_id = read_string(*id, "response_id", event.problems());
  }
  return cancel;
}

struct EventKind {
  std::string_view name;
  Payload (*parse)(ObjectReader&, media::BufferPool&);
};

// The last one exists only where the server plays out.
constexpr std::array<EventKind, 11> kEvents{{
    {"session.update", parse_session_update},
    {"input_audio_buffer.append", parse_append},
    {"input_audio_buffer.commit", parse_bare<InputAudioBufferCommit>},
    {"input_audio_buffer.clear", parse_bare<InputAudioBufferClear>},
    {"conversation.item.create", parse_item_create},
    {"conversation.item.retrieve", parse_item_id<ConversationItemRetrieve>},
    {"conversation.item.truncate", parse_truncate},
    {"conversation.item.delete", parse_item_id<ConversationItemDelete>},
    {"response.create", parse_response_create},
    {"response.cancel", parse_response_cancel},
    {"output_audio_buffer.clear", parse_bare<OutputAudioBufferClear>},
}};

std::optional<std::string> read_event_id(ObjectReader& event) {
  const json::value* value = event.find("event_id");
  if (value == nullptr || value->is_null()) return std::nullopt;
  std::optional<std::string> id = read_string(*value, "event_id", event.problems());
  if (!id || characters_in(*id) <= kEventIdMax) return id;
  event.problems().report(string_too_long("event_id", kEventIdMax, characters_in(*id)));
  return std::nullopt;
}

Payload parse_payload(ObjectReader& event, const json::value& type, media::BufferPool& buffers,
                      const ParseOptions& options) {
  const std::string_view name(type.get_string().data(), type.get_string().size());
  const std::size_t kinds = options.server_plays_out ? kEvents.size() : kEvents.size() - 1;
  for (std::size_t i = 0; i < kinds; ++i) {
    if (kEvents[i].name != name) continue;
    Payload payload = kEvents[i].parse(event, buffers);
    event.finish();
    return payload;
  }
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kinds; ++i) names.push_back(kEvents[i].name);
  if (options.dialect == Dialect::beta) names.push_back("transcription_session.update");
  event.problems().report(unsupported_value("type", name, list_of(names)));
  return std::nullopt;
}

void add_extras(const BetaExtras& extras, ClientPayload& payload) {
  if (auto* update = std::get_if<SessionUpdate>(&payload)) {
    update->session->temperature = extras.temperature;
  } else if (auto* create = std::get_if<ResponseCreate>(&payload)) {
    create->response->temperature = extras.temperature;
  }
}

ParsedEvent parse_object(json::object& object, media::BufferPool& buffers,
                         const ParseOptions& options) {
  Problems problems;
  BetaExtras extras;
  if (options.dialect == Dialect::beta) extras = rewrite_as_ga(object, problems);
  ObjectReader event(object, "", problems);
  ClientEvent result;
  result.event_id = read_event_id(event);
  const json::value* type = event.find("type");
  if (type == nullptr || !type->is_string()) {
    problems.report(invalid_event(std::string(kMissingType)));
  }
  Payload payload;
  if (!problems.any()) payload = parse_payload(event, *type, buffers, options);
  std::optional<ProtocolError> error = problems.take();
  if (!error && payload) {
    result.payload = std::move(*payload);
    if (extras.temperature) add_extras(extras, result.payload);
    return result;
  }
  if (!error) error = invalid_event("The event could not be read.");
  error->event_id = std::move(result.event_id);
  return std::move(*error);
}

}  // namespace

ParsedEvent parse_client_event(std::string_view text, media::BufferPool& buffers,
                               const ParseOptions& options) {
  PARLEY_HOP();
  std::array<unsigned char, kStackBytes> stack;  // NOLINT: written before it is read
  json::monotonic_resource memory(stack.data(), stack.size());
  json::parse_options limits;
  limits.max_depth = kDepthMax;
  json::error_code error;
  try {
    json::value document =
        json::parse(json::string_view(text.data(), text.size()), error, &memory, limits);
    if (error) return invalid_json();
    if (json::object* object = document.if_object()) {
      return parse_object(*object, buffers, options);
    }
    return invalid_event(std::string(kMissingType));
  } catch (const std::exception&) {  // out of memory, or a limit of the library
    return invalid_json();
  }
}

ProtocolError binary_frame_error() {
  return invalid_event("Invalid frame: expected a text message, but got a binary one instead.");
}

}  // namespace parley::protocol
