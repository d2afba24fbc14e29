// SPDX-License-Identifier: Apache-2.0
//
// The function calls of a session that this server runs by itself, and what their outputs lead to.
//
// A round is one response with such calls. It is over when the response is done and each of its
// calls has its output, the client's own calls included; then the model shall speak again, unless
// the client put the last output in, who then asks for the response as always.
//
// Each call that was started has exactly one output, from whoever is first: the host, a cancel (its
// output then says so), or a client that answers it.
//
// Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/conversation.h"
#include "agent/response.h"
#include "exec/strand.h"
#include "model/tool_host.h"

namespace parley::agent {

/// Calls of a session that run at one time; the output of a further one says that it did not run.
inline constexpr std::size_t kToolCallsMax = 16;
/// Responses in a row that a round asked for, without a word of anybody else; then without tools.
inline constexpr int kToolRoundsMax = 8;

class ToolRunner {
 public:
  struct Output {
    std::string call_id;
    std::string text;  // what the model reads: the function's output, or why there is none
    std::optional<Error> error;            // why there is none
    std::optional<std::size_t> mcp_index;  // of an MCP call: its place in the response's output
    std::vector<model::ToolAlarm> alarms;
    bool stops_alarms = false;
  };
  using Deliver = std::function<void(Output output)>;

  /// `host` may be null: then there are no such functions. It and `waker` outlive this.
  /// `deliver` puts an output into the conversation.
  ToolRunner(model::ToolHost* host, const exec::Waker& waker, std::uint64_t session,
             Deliver deliver);
  /// Cancels what runs, without a word.
  ~ToolRunner();
  ToolRunner(const ToolRunner&) = delete;
  ToolRunner& operator=(const ToolRunner&) = delete;

  /// The host's functions beside `brought`, those of the client, which go first and hide those of
  /// the same name.
  void append_tools(std::vector<model::LlmTool>& brought) const;
  /// True for a function of the host that `brought` does not hide.
  [[nodiscard]] bool runs(std::string_view name, const std::vector<model::LlmTool>& brought) const;

  /// A call of the response is complete. `options`: how the response was asked for.
  void call(const Item& call, bool is_ours, std::string_view response_id,
            const ResponseOptions& options, Instant now);
  /// Likewise a call of an MCP server's tool, which is named by its item's id. `host`: null when
  /// the server is not connected to.
  void call_mcp(const Item& call, std::size_t output_index,
                const std::shared_ptr<model::ToolHost>& host, std::string_view response_id,
                const ResponseOptions& options, Instant now);
  /// The response is done. `is_wanted`: false when the client cancelled it, which cancels its
  /// calls.
  void response_done(std::string_view response_id, bool is_wanted);
  /// A client put an output in. The call of that id, if it runs, is cancelled.
  void answered(std::string_view call_id);
  /// The call's item was deleted: it is cancelled, and its output says so.
  void deleted(std::string_view call_id);
  /// The session ends: each call that runs gets its output.
  void end();

  /// Delivers what the host has finished. How to ask for the next response when a round is over.
  [[nodiscard]] std::optional<ResponseOptions> advance();
  /// No call runs.
  [[nodiscard]] bool empty() const { return running_.empty(); }

 private:
  struct Running {
    std::shared_ptr<model::ToolCall> call;  // shared with the host, which may be at work
    std::optional<std::size_t> mcp_index;
  };
  struct Round {
    std::string response_id;
    std::vector<std::string> waits_for;  // call ids without an output
    ResponseOptions options;
    bool has_ours = false;
    bool is_response_done = false;
    bool is_left_to_client = false;  // the last output was the client's, or nothing is wanted
  };

  Round& round_of(std::string_view response_id, const ResponseOptions& options);
  void start(Running one, model::ToolHost* host, Instant now);
  void cancel(std::string_view call_id, std::string_view why);
  void settle(std::string_view call_id, bool by_client);
  void deliver(Output output);

  model::ToolHost* const host_;
  const exec::Waker& waker_;
  const std::uint64_t session_;
  const Deliver deliver_;
  std::vector<Running> running_;
  std::vector<Round> rounds_;
};

/// The output of a call that has none: {"error":{"code":…,"message":…}}.
[[nodiscard]] std::string output_of_failure(const Error& error);

}  // namespace parley::agent
