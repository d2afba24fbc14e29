// SPDX-License-Identifier: Apache-2.0
//
// Calls of functions, of this server and of MCP servers: who runs them, where their outputs go, and
// what is said next.
#include <algorithm>
#include <utility>

#include "agent/voice_agent_impl.h"

namespace parley::agent {

/// Functions of this server begin while the reply still speaks.
void VoiceAgent::Impl::take_calls() {
  const std::string response_id = reply->response().id;
  for (const auto& [call, index] : reply->take_calls()) {
    if (call.type == Item::Type::mcp_call) {
      call_mcp(call, index, response_id, asked_options);
      continue;
    }
    const bool is_ours = tools.runs(call.name, asked_options.tools.value_or(settings.tools));
    tools.call(call, is_ours, response_id, asked_options, context.clock.now());
  }
}

void VoiceAgent::Impl::call_mcp(const Item& call, std::size_t output_index,
                                const std::string& response_id, const ResponseOptions& options) {
  tools.call_mcp(call, output_index, mcp.host(call.mcp->server_label), response_id, options,
                 context.clock.now());
}

/// Of a function that the client brought, and that hides it: nothing.
std::optional<McpServers::Origin> VoiceAgent::Impl::find_mcp(std::string_view name) const {
  const std::string& only =
      asked_options.tool_server ? *asked_options.tool_server : settings.tool_server;
  if (!only.empty()) return mcp.find(name, std::vector{only});
  const auto& brought = asked_options.tools ? *asked_options.tools : settings.tools;
  const bool is_hidden = std::any_of(brought.begin(), brought.end(),
                                     [name](const auto& tool) { return tool.name == name; });
  if (is_hidden) return std::nullopt;
  return mcp.find(name, asked_options.mcp_labels);
}

void VoiceAgent::Impl::take_output(ToolRunner::Output output) {
  if (output.mcp_index) {
    take_mcp_output(output);
    return;
  }
  Item item;
  item.id = random.id("item_");
  item.type = Item::Type::function_call_output;
  item.call_id = std::move(output.call_id);
  item.output = std::move(output.text);
  insert(std::move(item), {});
  if (output.stops_alarms) alarms.stop();
  for (model::ToolAlarm& alarm : output.alarms) {
    if (alarms.set(context.clock.now() + alarm.after, std::move(alarm.text))) continue;
    count_refused(context.metrics, "alarm");
    listener.failed({ErrorCode::resource_exhausted, "Too many timers are set."});
  }
}

void VoiceAgent::Impl::take_mcp_output(const ToolRunner::Output& output) {
  Item* const item = conversation.find(output.call_id);
  if (item == nullptr || item->type != Item::Type::mcp_call) return;  // its client deleted it
  McpFields fields = *item->mcp;
  if (output.error) {
    fields.error = mcp_error(*output.error);
  } else {
    fields.output = output.text;
  }
  item->mcp = std::make_shared<const McpFields>(std::move(fields));
  item->status = Item::Status::completed;
  using Progress = AgentListener::McpProgress;
  listener.mcp_call(item->id, *output.mcp_index,
                    output.error ? Progress::failed : Progress::completed);
  listener.item_done(*item, conversation.previous_id(item->id));
}

/// Servers that the settings name now, and what they have.
void VoiceAgent::Impl::run_mcp() {
  using Progress = AgentListener::McpProgress;
  if (std::exchange(mcp_changed, false)) {
    const auto begin = [this](const std::string& label) {
      Item item;
      item.id = random.id("item_");
      item.type = Item::Type::mcp_list_tools;
      item.status = Item::Status::in_progress;
      item.mcp = std::make_shared<const McpFields>(McpFields{.server_label = label, .tools = "[]"});
      const Item& kept = conversation.insert(std::move(item));
      listener.item_added(kept, conversation.previous_id(kept.id));
      listener.mcp_list_tools(kept.id, Progress::in_progress);
      return kept.id;
    };
    mcp.update(settings.mcp, begin, context.clock.now());
  }
  for (McpServers::Listed& listed : mcp.advance()) {
    listener.mcp_list_tools(listed.item_id, listed.status ? Progress::completed : Progress::failed);
    Item* const item = conversation.find(listed.item_id);
    if (item == nullptr || item->type != Item::Type::mcp_list_tools) continue;
    McpFields fields{.server_label = listed.label, .tools = std::move(listed.tools)};
    if (!listed.status) fields.error = mcp_error(listed.status.error());
    item->mcp = std::make_shared<const McpFields>(std::move(fields));
    item->status = Item::Status::completed;
    listener.item_done(*item, conversation.previous_id(item->id));
    prepare();
  }
}

/// The client lets a call of an MCP tool be made, or does not. The first answer counts.
void VoiceAgent::Impl::answer_leave(const Item& answer) {
  const std::string asked = answer.mcp->approval_request_id;
  const Item* const request = conversation.find(asked);
  if (request == nullptr || request->type != Item::Type::mcp_approval_request) return;
  if (!mcp.has(request->mcp->server_label)) return;  // of a history that its client brought
  const std::list<Item>& items = conversation.items();
  const auto answers = std::count_if(items.begin(), items.end(), [&](const Item& one) {
    return one.type == Item::Type::mcp_approval_response && one.mcp->approval_request_id == asked;
  });
  if (answers > 1) return;
  if (!answer.mcp->approve) {
    queue_follow_up({});  // the model reads why
    return;
  }
  Item call;
  call.id = random.id("item_");
  call.type = Item::Type::mcp_call;
  call.status = Item::Status::in_progress;
  call.name = request->name;
  call.arguments = request->arguments;
  call.mcp = std::make_shared<const McpFields>(
      McpFields{.server_label = request->mcp->server_label, .approval_request_id = asked});
  const Item kept = conversation.insert(std::move(call));
  listener.item_added(kept, conversation.previous_id(kept.id));
  listener.mcp_call(kept.id, 0, AgentListener::McpProgress::in_progress);
  call_mcp(kept, 0, asked, {});  // a round of its own
  tools.response_done(asked, true);
}

/// What functions have to say, and timers.
void VoiceAgent::Impl::run_tools() {
  if (std::optional<ResponseOptions> next = tools.advance()) queue_follow_up(std::move(*next));
  while (std::optional<std::string> text = alarms.take_due(context.clock.now())) {
    Item item;
    item.id = random.id("item_");
    item.role = Item::Role::system;
    item.content.emplace_back().text = std::move(*text);
    insert(std::move(item), {});
    reply_queued = true;
    queued_options = {};
    tool_rounds = 0;
  }
  create_queued();
}

void VoiceAgent::Impl::queue_follow_up(ResponseOptions options) {
  using Kind = model::LlmToolChoice::Kind;
  options.input.reset();  // the call and its output are in the conversation
  options.metadata.clear();
  options.has_metadata = false;
  // What the client forced was called; forced again, nobody would ever hear the result.
  const Kind kind = options.tool_choice.value_or(settings.tool_choice).kind;
  if (kind != Kind::none) options.tool_choice = {.kind = Kind::automatic, .function = {}};
  options.tool_server.emplace();
  if (++tool_rounds >= kToolRoundsMax) {
    count_refused(context.metrics, "tool_round");
    options.tool_choice = {.kind = Kind::none, .function = {}};
  }
  reply_queued = true;
  queued_options = std::move(options);
}

}  // namespace parley::agent
