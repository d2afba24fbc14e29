// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/client_commands.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "service/realtime/convert.h"

namespace parley::service {
namespace {

using media::MediaTime;
using Problem = ClientCommands::Problem;

// What the resampler still holds of the audio that came (speexdsp, quality 3: 1.5 ms).
constexpr MediaTime kInFilter = MediaTime::from_ms(2);

protocol::ProtocolError problem(std::string code, std::string message) {
  protocol::ProtocolError error;
  error.code = std::move(code);
  error.message = std::move(message);
  return error;
}

protocol::ProtocolError unknown_item(std::string_view verb, std::string_view doing,
                                     const std::string& item_id) {
  return problem(
      "item_" + std::string(verb) + "_invalid_item_id",
      "Error " + std::string(doing) + " item: the item with id '" + item_id + "' does not exist.");
}

std::string two_decimals(double number) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.2f", number);
  return {text.data(), static_cast<std::size_t>(length)};
}

template <typename... Each>
struct Overloaded : Each... {
  using Each::operator()...;
};
template <typename... Each>
Overloaded(Each...) -> Overloaded<Each...>;

}  // namespace

Problem ClientCommands::run(agent::VoiceAgent& agent, protocol::ClientPayload payload) {
  return std::visit(
      Overloaded{
          [&](protocol::SessionUpdate& event) { return update(agent, *event.session); },
          [](protocol::InputAudioBufferAppend&) -> Problem { return std::nullopt; },
          [&](protocol::InputAudioBufferCommit&) { return commit(agent); },
          [&](protocol::InputAudioBufferClear&) -> Problem {
            agent.clear();
            return std::nullopt;
          },
          [&](protocol::ConversationItemCreate& event) {
            return create_item(agent, std::move(event));
          },
          [&](protocol::ConversationItemRetrieve& event) { return retrieve(agent, event.item_id); },
          [&](protocol::ConversationItemTruncate& event) { return truncate(agent, event); },
          [&](protocol::ConversationItemDelete& event) { return erase(agent, event.item_id); },
          [&](protocol::ResponseCreate& event) {
            return respond(agent, std::move(*event.response));
          },
          [&](protocol::ResponseCancel& event) { return cancel(agent, event); },
          [](protocol::OutputAudioBufferClear&) -> Problem {
            return protocol::invalid_event("This connection plays its audio by itself.");
          },
      },
      payload);
}

Problem ClientCommands::update(agent::VoiceAgent& agent, const protocol::SessionPatch& patch) {
  protocol::SessionState state;
  state.has_assistant_audio = agent.conversation().has_assistant_audio();
  state.has_input_audio = agent.buffered() > MediaTime{};
  state.is_replying = agent.active_response() != nullptr;
  if (Problem error = settings_.apply(patch, state)) return error;
  if (patch.instructions || patch.tools) agent.settings_changed();
  outbox_.send(protocol::SessionUpdated{settings_.snapshot()});
  return std::nullopt;
}

Problem ClientCommands::commit(agent::VoiceAgent& agent) {
  const MediaTime buffered = agent.buffered();
  if (buffered > MediaTime{} && buffered + kInFilter >= MediaTime::from_ms(kCommitMin.count())) {
    agent.commit();
    return std::nullopt;
  }
  const double ms = static_cast<double>(buffered.flicks) * 1000.0 / MediaTime::kPerSecond;
  return problem("input_audio_buffer_commit_empty",
                 "Error committing input audio buffer: buffer too small. Expected at least 100ms "
                 "of audio, but buffer only has " +
                     two_decimals(ms) + "ms of audio.");
}

Problem ClientCommands::create_item(agent::VoiceAgent& agent,
                                    protocol::ConversationItemCreate create) {
  using Kind = agent::Conversation::Position::Kind;
  const agent::Conversation& conversation = agent.conversation();
  agent::Conversation::Position position;
  if (create.previous_item_id == "root") {
    position.kind = Kind::front;
  } else if (create.previous_item_id) {
    position = {Kind::after, *create.previous_item_id};
    if (conversation.find(position.after_id) == nullptr) {
      protocol::ProtocolError error = problem("item_create_invalid_previous_item_id",
                                              "Error creating item: the previous item with id '" +
                                                  position.after_id + "' does not exist.");
      error.param = "previous_item_id";
      return error;
    }
  }
  agent::Item item = to_agent(std::move(*create.item), settings_.config().input_format);
  if (conversation.find(item.id) != nullptr) {
    return problem("item_create_duplicate_item_id",
                   "Error adding item: an item with id '" + item.id + "' already exists.");
  }
  if (item.type == agent::Item::Type::function_call_output &&
      conversation.find_call(item.call_id) == nullptr) {
    return problem("invalid_tool_call_id",
                   "Tool call ID '" + item.call_id + "' not found in conversation.");
  }
  if (item.type == agent::Item::Type::mcp_approval_response &&
      conversation.find(item.mcp->approval_request_id) == nullptr) {
    return protocol::invalid_value(
        "item.approval_request_id",
        "Approval request '" + item.mcp->approval_request_id + "' not found in conversation.");
  }
  if (item.id.empty()) item.id = agent.make_id("item_");
  if (item.type == agent::Item::Type::function_call && item.call_id.empty()) {
    item.call_id = agent.make_id("call_");
  }
  agent.insert_item(std::move(item), position);
  return std::nullopt;
}

Problem ClientCommands::retrieve(agent::VoiceAgent& agent, const std::string& item_id) {
  const agent::Item* item = agent.conversation().find(item_id);
  if (item == nullptr) return unknown_item("retrieve", "retrieving", item_id);
  outbox_.send(protocol::ItemRetrieved{with_audio(*item, buffers_)});
  return std::nullopt;
}

Problem ClientCommands::truncate(agent::VoiceAgent& agent,
                                 const protocol::ConversationItemTruncate& event) {
  const agent::Item* item = agent.conversation().find(event.item_id);
  if (item == nullptr) return unknown_item("truncate", "truncating", event.item_id);
  const auto is_spoken = [](const agent::ContentPart& part) {
    return part.kind == agent::ContentPart::Kind::output_audio;
  };
  const auto index = static_cast<std::size_t>(event.content_index);
  if (std::none_of(item->content.begin(), item->content.end(), is_spoken)) {
    return problem("unsupported_content_type", "Only model output audio messages can be truncated");
  }
  if (index >= item->content.size() || !is_spoken(item->content[index])) {
    return protocol::invalid_value(
        "content_index",
        "Invalid value: the item has no audio at content index " + std::to_string(index) + ".");
  }
  const std::int64_t audio_ms = item->content[index].audio.duration().ms();
  if (event.audio_end_ms > audio_ms + kTruncateOvershootMax.count()) {
    return problem("invalid_value", "Audio content of " + std::to_string(audio_ms) +
                                        "ms is already shorter than " +
                                        std::to_string(event.audio_end_ms) + "ms");
  }
  const std::int64_t end_ms = std::min(event.audio_end_ms, audio_ms);
  agent.truncate_item(event.item_id, index, MediaTime::from_ms(end_ms));
  outbox_.send(protocol::ItemTruncated{event.item_id, event.content_index, end_ms});
  return std::nullopt;
}

Problem ClientCommands::erase(agent::VoiceAgent& agent, const std::string& item_id) {
  if (agent.conversation().find(item_id) == nullptr) {
    return unknown_item("delete", "deleting", item_id);
  }
  agent.delete_item(item_id);
  outbox_.send(protocol::ItemDeleted{item_id});
  return std::nullopt;
}

Problem ClientCommands::respond(agent::VoiceAgent& agent, protocol::ResponseRequest request) {
  const protocol::SessionConfig& config = settings_.config();
  if (config.type == protocol::SessionType::transcription) {
    return protocol::invalid_event("A transcription session gives no responses.");
  }
  const agent::Response* active = agent.active_response();
  if (active != nullptr && !request.out_of_band) {
    return problem("conversation_already_has_active_response",
                   "Conversation already has an active response in progress: " + active->id +
                       ". Wait until the response is finished before creating a new one.");
  }
  if (request.voice && request.voice->name != config.voice.name &&
      agent.conversation().has_assistant_audio()) {
    return protocol::voice_is_fixed();
  }
  const std::vector<protocol::Tool>& tools = request.tools ? *request.tools : config.tools;
  const protocol::ToolChoice& choice =
      request.tool_choice ? *request.tool_choice : config.tool_choice;
  if (choice.kind == protocol::ToolChoice::Kind::function && !agent.has_function(choice.function) &&
      std::none_of(tools.begin(), tools.end(),
                   [&](const protocol::Tool& tool) { return tool.name == choice.function; })) {
    return protocol::invalid_value("response.tool_choice", "Tool choice '" + choice.function +
                                                               "' not found in 'tools' parameter.");
  }
  if (choice.kind == protocol::ToolChoice::Kind::mcp &&
      std::none_of(tools.begin(), tools.end(), [&](const protocol::Tool& tool) {
        return tool.mcp != nullptr && tool.mcp->label == choice.server_label;
      })) {
    return protocol::invalid_value("response.tool_choice", "MCP server '" + choice.server_label +
                                                               "' not found in 'tools' parameter.");
  }

  agent::ResponseOptions options;
  if (request.input) {
    if (Problem error = take_input(agent, std::move(*request.input), options)) return error;
  }
  options.instructions = std::move(request.instructions);
  if (request.modality) options.audio = *request.modality == protocol::Modality::audio;
  if (request.voice) options.voice = std::move(request.voice->name);
  if (request.output_format) options.output_format = to_agent(*request.output_format);
  if (request.tools) {
    options.tools = to_agent(*request.tools);
    options.mcp_labels = mcp_labels(*request.tools);
  }
  if (request.tool_choice) {
    options.tool_choice = to_agent(*request.tool_choice);
    options.tool_server = request.tool_choice->server_label;
  }
  options.parallel_tool_calls = request.parallel_tool_calls;
  if (request.temperature) options.temperature = static_cast<float>(*request.temperature);
  options.max_output_tokens = request.max_output_tokens;
  options.out_of_band = request.out_of_band;
  options.has_metadata = request.metadata.has_value();
  if (request.metadata) options.metadata = std::move(*request.metadata);
  // Last: a request that is refused for another reason counts for nothing.
  if (Problem error = meter_.begin_response()) return error;
  agent.create_response(std::move(options));
  return std::nullopt;
}

Problem ClientCommands::take_input(const agent::VoiceAgent& agent,
                                   std::vector<protocol::InputItem> input,
                                   agent::ResponseOptions& options) const {
  options.input.emplace();
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (auto* item = std::get_if<protocol::Item>(&input[i])) {
      options.input->push_back(to_agent(std::move(*item), settings_.config().input_format));
      continue;
    }
    const std::string& id = std::get<protocol::ItemReference>(input[i]).id;
    const agent::Item* item = agent.conversation().find(id);
    if (item == nullptr) {
      return protocol::invalid_value(
          "response.input[" + std::to_string(i) + "].id",
          "Invalid value: the item with id '" + id + "' does not exist.");
    }
    options.input->push_back(*item);
  }
  return std::nullopt;
}

Problem ClientCommands::cancel(agent::VoiceAgent& agent, const protocol::ResponseCancel& event) {
  const agent::Response* active = agent.active_response();
  const bool found = event.response_id ? agent.is_active(*event.response_id) : active != nullptr;
  if (!found) {
    return problem("response_cancel_not_active", "Cancellation failed: no active response found");
  }
  // A copy: cancelling destroys the response that the name belongs to.
  const std::string id = event.response_id ? *event.response_id : active->id;
  agent.cancel_response(id);
  return std::nullopt;
}

}  // namespace parley::service
