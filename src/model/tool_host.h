// SPDX-License-Identifier: Apache-2.0
//
// Functions that this server runs by itself when a language model calls them: built-in ones, an
// HTTP endpoint's, an MCP server's. To the agent they are one host, like a model's.
//
// A call is done exactly once, whatever happens to it; what it did in the world before a cancel
// stays done. `call_id` is the same for every attempt of a call and for no other call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/call.h"
#include "model/llm_model.h"

namespace parley::model {

/// Of a function's output; hosts refuse longer ones.
inline constexpr std::size_t kToolOutputBytesMax = 64U << 10U;

/// What the agent shall say by itself, later.
struct ToolAlarm {
  Nanos after{0};
  std::string text{};  // a sentence
};

struct ToolCall : Call {
  std::string name;           // in
  std::string arguments;      // in: JSON object as text
  std::string call_id;        // in
  std::uint64_t session = 0;  // in: the same for all calls of a session

  std::string output;             // out: what the model reads
  std::vector<ToolAlarm> alarms;  // out: to be set
  bool stops_alarms = false;      // out: those that are set are forgotten
  Status status;                  // out
};

/// Threads: any; `submit` and `forget` return at once.
class ToolHost {
 public:
  virtual ~ToolHost() = default;
  /// The functions that every session has, beside those that its client brings. The same for as
  /// long as the host lives.
  [[nodiscard]] virtual std::span<const LlmTool> tools() const noexcept = 0;
  /// False when too many calls run (counted). An unknown name ends the call with not_found.
  virtual bool submit(std::shared_ptr<ToolCall> call) = 0;
  /// Forgets what is kept for a session.
  virtual void forget(std::uint64_t session) noexcept = 0;
};

}  // namespace parley::model
