// SPDX-License-Identifier: Apache-2.0
#include "agent/tool_runner.h"

#include <algorithm>
#include <utility>

#include "base/json_text.h"

namespace parley::agent {
namespace {

constexpr std::size_t kMessageBytesMax = 500;
// A call has no deadline of the agent's own; hosts have theirs.
constexpr Millis kToolPatience{60'000};

bool has(const std::vector<model::LlmTool>& tools, std::string_view name) {
  return std::any_of(tools.begin(), tools.end(),
                     [name](const model::LlmTool& tool) { return tool.name == name; });
}

std::shared_ptr<model::ToolCall> call_of(const Item& item, const std::string& call_id) {
  auto call = std::make_shared<model::ToolCall>();
  call->name = item.name;
  call->arguments = item.arguments;
  call->call_id = call_id;
  return call;
}

}  // namespace

std::string output_of_failure(const Error& error) {
  std::string text = R"({"error":{"code":)";
  json_text::append_string(text, to_string(error.code), kMessageBytesMax);
  text += R"(,"message":)";
  json_text::append_string(text, error.message, kMessageBytesMax);
  return text + "}}";
}

ToolRunner::ToolRunner(model::ToolHost* host, const exec::Waker& waker, std::uint64_t session,
                       Deliver deliver)
    : host_(host), waker_(waker), session_(session), deliver_(std::move(deliver)) {}

ToolRunner::~ToolRunner() {
  for (const Running& one : running_) one.call->cancel();
  if (host_ != nullptr) host_->forget(session_);
}

void ToolRunner::append_tools(std::vector<model::LlmTool>& brought) const {
  if (host_ == nullptr) return;
  const std::size_t count = brought.size();
  for (const model::LlmTool& tool : host_->tools()) {
    const auto end = brought.begin() + static_cast<std::ptrdiff_t>(count);
    const bool is_hidden = std::any_of(
        brought.begin(), end, [&](const model::LlmTool& one) { return one.name == tool.name; });
    if (!is_hidden) brought.push_back(tool);
  }
}

bool ToolRunner::runs(std::string_view name, const std::vector<model::LlmTool>& brought) const {
  if (host_ == nullptr || has(brought, name)) return false;
  const auto ours = host_->tools();
  return std::any_of(ours.begin(), ours.end(),
                     [name](const model::LlmTool& tool) { return tool.name == name; });
}

ToolRunner::Round& ToolRunner::round_of(std::string_view response_id,
                                        const ResponseOptions& options) {
  const auto round = std::find_if(rounds_.begin(), rounds_.end(),
                                  [&](const Round& one) { return one.response_id == response_id; });
  if (round != rounds_.end()) return *round;
  Round& fresh = rounds_.emplace_back();
  fresh.response_id = response_id;
  fresh.options = options;
  return fresh;
}

void ToolRunner::call(const Item& item, bool is_ours, std::string_view response_id,
                      const ResponseOptions& options, Instant now) {
  Round& round = round_of(response_id, options);
  round.waits_for.push_back(item.call_id);
  if (!is_ours) return;
  round.has_ours = true;
  start({call_of(item, item.call_id), std::nullopt}, host_, now);
}

void ToolRunner::call_mcp(const Item& item, std::size_t output_index,
                          const std::shared_ptr<model::ToolHost>& host,
                          std::string_view response_id, const ResponseOptions& options,
                          Instant now) {
  Round& round = round_of(response_id, options);
  round.waits_for.push_back(item.id);
  round.has_ours = true;
  start({call_of(item, item.id), output_index}, host.get(), now);
}

void ToolRunner::start(Running one, model::ToolHost* host, Instant now) {
  model::ToolCall& call = *one.call;
  call.session = session_;
  call.begin(waker_, now + kToolPatience);
  const bool is_full = running_.size() >= kToolCallsMax;
  if (host == nullptr) {
    call.status = Error{ErrorCode::unavailable, "The MCP server is not connected to."};
    call.finish();
  } else if (is_full || !host->submit(one.call)) {
    call.status = Error{ErrorCode::resource_exhausted, "Too many functions run at the moment."};
    call.finish();
  }
  running_.push_back(std::move(one));
}

void ToolRunner::response_done(std::string_view response_id, bool is_wanted) {
  const auto round = std::find_if(rounds_.begin(), rounds_.end(),
                                  [&](const Round& one) { return one.response_id == response_id; });
  if (round == rounds_.end()) return;
  if (!round->has_ours) {
    rounds_.erase(round);  // the client's own business
    return;
  }
  round->is_response_done = true;
  if (is_wanted) return;
  round->is_left_to_client = true;
  const std::vector<std::string> calls = round->waits_for;  // settling changes it
  for (const std::string& call_id : calls) cancel(call_id, "The response was cancelled.");
}

void ToolRunner::answered(std::string_view call_id) {
  std::erase_if(running_, [&](const Running& one) {
    if (one.call->call_id != call_id) return false;
    one.call->cancel();
    return true;
  });
  settle(call_id, true);
}

void ToolRunner::deleted(std::string_view call_id) {
  cancel(call_id, "The call was deleted.");
  settle(call_id, false);  // a call of the client's, which nobody will answer
}

void ToolRunner::end() {
  while (!running_.empty()) {
    const std::string call_id = running_.back().call->call_id;
    cancel(call_id, "The session ended.");
  }
  rounds_.clear();
}

/// Its output comes at once: what the host still does to it is nobody's.
void ToolRunner::cancel(std::string_view call_id, std::string_view why) {
  const auto found = std::find_if(running_.begin(), running_.end(),
                                  [&](const Running& one) { return one.call->call_id == call_id; });
  if (found == running_.end()) return;
  const Running one = std::move(*found);
  running_.erase(found);
  one.call->cancel();
  const Error error{ErrorCode::cancelled, std::string(why)};
  deliver({one.call->call_id, output_of_failure(error), error, one.mcp_index, {}, false});
}

void ToolRunner::deliver(Output output) {
  const std::string call_id = output.call_id;
  deliver_(std::move(output));
  settle(call_id, false);
}

void ToolRunner::settle(std::string_view call_id, bool by_client) {
  for (Round& round : rounds_) {
    if (std::erase(round.waits_for, call_id) == 0) continue;
    if (by_client && round.waits_for.empty()) round.is_left_to_client = true;
  }
}

std::optional<ResponseOptions> ToolRunner::advance() {
  std::vector<Running> done;  // in the order in which they were called
  std::erase_if(running_, [&](Running& one) {
    if (!one.call->done()) return false;
    done.push_back(std::move(one));
    return true;
  });
  for (const Running& one : done) {
    const std::shared_ptr<model::ToolCall>& call = one.call;
    Output output{call->call_id, {}, {}, one.mcp_index, {}, false};
    if (!call->status) {
      output.text = output_of_failure(call->status.error());
      output.error = call->status.error();
    } else {
      output.text = std::move(call->output);
      output.alarms = std::move(call->alarms);
      output.stops_alarms = call->stops_alarms;
    }
    deliver(std::move(output));
  }
  std::optional<ResponseOptions> next;
  std::erase_if(rounds_, [&](Round& round) {
    if (!round.is_response_done || !round.waits_for.empty()) return false;
    if (!round.is_left_to_client) next = std::move(round.options);
    return true;
  });
  return next;
}

}  // namespace parley::agent
