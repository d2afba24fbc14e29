// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/convert.h"

#include <bit>
#include <cmath>
#include <memory>
#include <span>
#include <utility>

#include "agent/prompt.h"
#include "codec/audio_codec.h"
#include "codec/resample_pcm16.h"

namespace parley::service {
namespace {

constexpr int kRetrievedRate = 24'000;  // Hz, of audio in `conversation.item.retrieved`
static_assert(std::endian::native == std::endian::little, "samples are handed out as s16le");

protocol::ItemContent::Kind to_protocol(agent::ContentPart::Kind kind) {
  switch (kind) {
    case agent::ContentPart::Kind::input_text:
      return protocol::ItemContent::Kind::input_text;
    case agent::ContentPart::Kind::input_audio:
      return protocol::ItemContent::Kind::input_audio;
    case agent::ContentPart::Kind::input_image:
      return protocol::ItemContent::Kind::input_image;
    case agent::ContentPart::Kind::output_text:
      return protocol::ItemContent::Kind::output_text;
    case agent::ContentPart::Kind::output_audio:
      break;
  }
  return protocol::ItemContent::Kind::output_audio;
}

agent::ContentPart::Kind to_agent(protocol::ItemContent::Kind kind) {
  switch (kind) {
    case protocol::ItemContent::Kind::input_text:
      return agent::ContentPart::Kind::input_text;
    case protocol::ItemContent::Kind::input_audio:
      return agent::ContentPart::Kind::input_audio;
    case protocol::ItemContent::Kind::input_image:
      return agent::ContentPart::Kind::input_image;
    case protocol::ItemContent::Kind::output_text:
      return agent::ContentPart::Kind::output_text;
    case protocol::ItemContent::Kind::output_audio:
      break;
  }
  return agent::ContentPart::Kind::output_audio;
}

protocol::Item::Type to_protocol(agent::Item::Type type) {
  switch (type) {
    case agent::Item::Type::message:
      return protocol::Item::Type::message;
    case agent::Item::Type::function_call:
      return protocol::Item::Type::function_call;
    case agent::Item::Type::function_call_output:
      return protocol::Item::Type::function_call_output;
    case agent::Item::Type::mcp_list_tools:
      return protocol::Item::Type::mcp_list_tools;
    case agent::Item::Type::mcp_call:
      return protocol::Item::Type::mcp_call;
    case agent::Item::Type::mcp_approval_request:
      return protocol::Item::Type::mcp_approval_request;
    case agent::Item::Type::mcp_approval_response:
      break;
  }
  return protocol::Item::Type::mcp_approval_response;
}

agent::Item::Type to_agent(protocol::Item::Type type) {
  switch (type) {
    case protocol::Item::Type::message:
      return agent::Item::Type::message;
    case protocol::Item::Type::function_call:
      return agent::Item::Type::function_call;
    case protocol::Item::Type::function_call_output:
      return agent::Item::Type::function_call_output;
    case protocol::Item::Type::mcp_list_tools:
      return agent::Item::Type::mcp_list_tools;
    case protocol::Item::Type::mcp_call:
      return agent::Item::Type::mcp_call;
    case protocol::Item::Type::mcp_approval_request:
      return agent::Item::Type::mcp_approval_request;
    case protocol::Item::Type::mcp_approval_response:
      break;
  }
  return agent::Item::Type::mcp_approval_response;
}

/// The same seven fields, in the words of the other layer.
template <typename To, typename From>
std::shared_ptr<const To> convert_mcp(const std::shared_ptr<const From>& from) {
  if (from == nullptr) return nullptr;
  return std::make_shared<const To>(To{.server_label = from->server_label,
                                       .tools = from->tools,
                                       .output = from->output,
                                       .error = from->error,
                                       .approval_request_id = from->approval_request_id,
                                       .approve = from->approve,
                                       .reason = from->reason});
}

protocol::Item::Role to_protocol(agent::Item::Role role) {
  switch (role) {
    case agent::Item::Role::system:
      return protocol::Item::Role::system;
    case agent::Item::Role::user:
      return protocol::Item::Role::user;
    case agent::Item::Role::assistant:
      break;
  }
  return protocol::Item::Role::assistant;
}

agent::Item::Role to_agent(protocol::Item::Role role) {
  switch (role) {
    case protocol::Item::Role::system:
      return agent::Item::Role::system;
    case protocol::Item::Role::user:
      return agent::Item::Role::user;
    case protocol::Item::Role::assistant:
      break;
  }
  return agent::Item::Role::assistant;
}

protocol::Item::Status to_protocol(agent::Item::Status status) {
  switch (status) {
    case agent::Item::Status::in_progress:
      return protocol::Item::Status::in_progress;
    case agent::Item::Status::completed:
      return protocol::Item::Status::completed;
    case agent::Item::Status::incomplete:
      break;
  }
  return protocol::Item::Status::incomplete;
}

agent::ContentPart to_agent(protocol::ItemContent content, const protocol::WireFormat& format) {
  agent::ContentPart part;
  part.kind = to_agent(content.kind);
  part.text = std::move(content.text);
  part.has_transcript = content.has_transcript;
  part.detail = std::move(content.detail);
  part.audio.rate = format.rate();
  const std::size_t width = codec::bytes_per_sample(format.codec);
  const std::size_t whole = content.audio.size() / width * width;
  codec::append_pcm16(format.codec, content.audio.bytes().first(whole), part.audio.samples);
  return part;
}

media::BufferRef wire_audio(const agent::StoredAudio& audio, media::BufferPool& buffers) {
  if (audio.samples.empty()) return {};
  if (audio.rate == kRetrievedRate) return buffers.copy_of(std::as_bytes(std::span(audio.samples)));
  const Result<std::vector<std::int16_t>> resampled =
      codec::resample_pcm16(audio.samples, audio.rate, kRetrievedRate);
  PARLEY_CHECK(resampled.has_value());  // rates of stored audio are our own
  return buffers.copy_of(std::as_bytes(std::span(*resampled)));
}

void set_outcome(const agent::Response& response, protocol::ResponseObject& object) {
  using Status = protocol::ResponseObject::Status;
  switch (response.status) {
    case agent::Response::Status::in_progress:
      object.status = Status::in_progress;
      return;
    case agent::Response::Status::completed:
      object.status = Status::completed;
      return;
    case agent::Response::Status::cancelled:
      object.status = Status::cancelled;
      break;
    case agent::Response::Status::incomplete:
      object.status = Status::incomplete;
      break;
    case agent::Response::Status::failed:
      object.status = Status::failed;
      object.error_code = response.reason == agent::Response::Reason::rate_limited
                              ? "rate_limit_exceeded"
                              : code_of(response.error);
      object.error_message = response.error.message;
      return;
  }
  switch (response.reason) {
    case agent::Response::Reason::none:
      return;
    case agent::Response::Reason::turn_detected:
      object.reason = "turn_detected";
      return;
    case agent::Response::Reason::client_cancelled:
      object.reason = "client_cancelled";
      return;
    case agent::Response::Reason::content_filter:
      object.reason = "content_filter";
      return;
    case agent::Response::Reason::rate_limited:  // failed: told by its error
      return;
    case agent::Response::Reason::max_output_tokens:
      object.reason = "max_output_tokens";
      return;
  }
}

/// Rounded, so that 0.8F is shown as 0.8 and not as 0.800000012.
double shown_temperature(float temperature) {
  return static_cast<double>(std::lround(temperature * 1000.0F)) / 1000.0;
}

}  // namespace

protocol::Item to_protocol(const agent::Item& item) {
  protocol::Item out;
  out.id = item.id;
  out.type = to_protocol(item.type);
  out.role = to_protocol(item.role);
  out.status = to_protocol(item.status);
  out.name = item.name;
  out.call_id = item.call_id;
  out.arguments = item.arguments;
  out.output = item.output;
  out.mcp = convert_mcp<protocol::McpFields>(item.mcp);
  out.content.reserve(item.content.size());
  for (const agent::ContentPart& part : item.content) {
    protocol::ItemContent& content = out.content.emplace_back();
    content.kind = to_protocol(part.kind);
    content.text = part.text;
    content.has_transcript = part.has_transcript;
    content.detail = part.detail;
  }
  return out;
}

protocol::Item with_audio(const agent::Item& item, media::BufferPool& buffers) {
  protocol::Item out = to_protocol(item);
  for (std::size_t i = 0; i < out.content.size(); ++i) {
    const agent::ContentPart& part = item.content[i];
    out.content[i].audio = wire_audio(part.audio, buffers);
    out.content[i].words = to_protocol(agent::word_times(part, part.audio.duration()));
  }
  return out;
}

agent::Item to_agent(protocol::Item item, const protocol::WireFormat& format) {
  agent::Item out;
  out.id = std::move(item.id);
  out.type = to_agent(item.type);
  out.role = to_agent(item.role);
  out.status = item.status == protocol::Item::Status::incomplete ? agent::Item::Status::incomplete
                                                                 : agent::Item::Status::completed;
  out.name = std::move(item.name);
  out.call_id = std::move(item.call_id);
  out.arguments = std::move(item.arguments);
  out.output = std::move(item.output);
  out.mcp = convert_mcp<agent::McpFields>(item.mcp);
  for (protocol::ItemContent& content : item.content) {
    out.content.push_back(to_agent(std::move(content), format));
  }
  return out;
}

protocol::ResponseObject to_protocol(const agent::Response& response,
                                     std::string_view conversation_id) {
  protocol::ResponseObject object;
  object.id = response.id;
  set_outcome(response, object);
  for (const agent::Item& item : response.output) object.output.push_back(to_protocol(item));
  if (!response.out_of_band) object.conversation_id = conversation_id;
  object.modality = response.audio ? protocol::Modality::audio : protocol::Modality::text;
  object.max_output_tokens = response.max_output_tokens;
  if (response.temperature > 0.0F) object.temperature = shown_temperature(response.temperature);
  object.output_format.codec = response.output_format.codec;
  object.voice = response.voice;
  if (response.has_metadata) object.metadata = response.metadata;
  if (response.status != agent::Response::Status::in_progress) {
    const agent::Usage& usage = response.usage;
    object.usage = protocol::TokenUsage{
        .input_text = usage.input_text_tokens,
        .input_audio = usage.input_audio_tokens,
        .cached_text = usage.cached_text_tokens,
        .output_text = usage.output_text_tokens,
        .output_audio = usage.output_audio_tokens,
    };
  }
  return object;
}

std::vector<protocol::WordInfo> to_protocol(std::span<const media::WordTime> words) {
  std::vector<protocol::WordInfo> out;
  out.reserve(words.size());
  for (const media::WordTime& word : words) {
    out.push_back({word.text, word.begin.ms(), word.end.ms()});
  }
  return out;
}

protocol::TimelineInfo to_protocol(const agent::TurnTimeline& timeline) {
  return {.speech_end_ms = timeline.speech_end_ms,
          .transcript_ms = timeline.transcript_ms,
          .first_token_ms = timeline.first_token_ms,
          .first_clause_ms = timeline.first_clause_ms,
          .first_audio_ms = timeline.first_audio_ms,
          .moderation_ms = timeline.moderation_ms};
}

std::vector<model::LlmTool> to_agent(const std::vector<protocol::Tool>& tools) {
  std::vector<model::LlmTool> out;
  out.reserve(tools.size());
  for (const protocol::Tool& tool : tools) {
    if (tool.mcp != nullptr) continue;  // its tools are listed by its server
    out.push_back({tool.name, tool.description.value_or(""), tool.parameters.value_or("")});
  }
  return out;
}

std::vector<agent::McpEntry> mcp_servers(const std::vector<protocol::Tool>& tools) {
  const auto filter = [](const protocol::McpFilter& from) {
    return agent::McpFilter{from.names, from.is_read_only};
  };
  std::vector<agent::McpEntry> out;
  for (const protocol::Tool& tool : tools) {
    if (tool.mcp == nullptr) continue;
    const protocol::McpServer& from = *tool.mcp;
    agent::McpEntry& entry = out.emplace_back();
    entry.server = {from.label, from.url, from.authorization, from.headers};
    entry.allowed = filter(from.allowed);
    if (from.with_approval) entry.with_leave = filter(*from.with_approval);
    if (from.without_approval) entry.without_leave = filter(*from.without_approval);
  }
  return out;
}

std::vector<std::string> mcp_labels(const std::vector<protocol::Tool>& tools) {
  std::vector<std::string> labels;
  for (const protocol::Tool& tool : tools) {
    if (tool.mcp != nullptr) labels.push_back(tool.mcp->label);
  }
  return labels;
}

model::LlmToolChoice to_agent(const protocol::ToolChoice& choice) {
  using Kind = model::LlmToolChoice::Kind;
  switch (choice.kind) {
    case protocol::ToolChoice::Kind::automatic:
      return {Kind::automatic, {}};
    case protocol::ToolChoice::Kind::none:
      return {Kind::none, {}};
    case protocol::ToolChoice::Kind::required:
      return {Kind::required, {}};
    case protocol::ToolChoice::Kind::mcp:
      if (choice.function.empty()) return {Kind::required, {}};
      break;
    case protocol::ToolChoice::Kind::function:
      break;
  }
  return {Kind::function, choice.function};
}

model::LlmTruncation to_agent(const protocol::Truncation& truncation) {
  using Kind = model::LlmTruncation::Kind;
  model::LlmTruncation out;
  if (truncation.kind == protocol::Truncation::Kind::disabled) out.kind = Kind::disabled;
  if (truncation.kind == protocol::Truncation::Kind::retention_ratio) {
    out.kind = Kind::retention_ratio;
    out.retention_ratio = truncation.retention_ratio;
    out.post_instructions_max = truncation.post_instructions.value_or(0);
  }
  return out;
}

agent::OutputFormat to_agent(const protocol::WireFormat& format) {
  return {.codec = format.codec, .rate = format.rate()};
}

std::string code_of(const Error& error) { return std::string(parley::to_string(error.code)); }

std::optional<std::string> unless_empty(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

}  // namespace parley::service
