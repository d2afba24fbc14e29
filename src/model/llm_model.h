// SPDX-License-Identifier: Apache-2.0
//
// Text generation, streamed. The same interface is served by llama.cpp in this process
// (backend/llama), by any OpenAI-compatible endpoint (backend/remote) and by a scripted fake.
//
// A prompt is a list of messages; the backend renders its own template, tokenises, and finds by
// itself how much of it is already in a cache (its own session's or another's equal prefix). What
// is known early (instructions, tools, items that were just added) is announced with `prepare`, so
// that a later `submit` of a prompt that starts alike has less to do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "exec/spsc_ring.h"
#include "model/call.h"

namespace parley::model {

struct LlmToolCall {
  std::string id{};  // call_…
  std::string name{};
  std::string arguments{};  // JSON object as text
};

struct LlmMessage {
  enum class Role : std::uint8_t { system, user, assistant, tool };
  Role role = Role::user;
  std::string text{};                     // tool: the function's output
  std::vector<LlmToolCall> tool_calls{};  // assistant
  std::string tool_call_id{};             // tool
};

struct LlmTool {
  std::string name{};
  std::string description{};
  std::string parameters{};  // JSON Schema as text; empty: no parameters
};

struct LlmToolChoice {
  enum class Kind : std::uint8_t { automatic, none, required, function };
  Kind kind = Kind::automatic;
  std::string function{};  // Kind::function
};

/// What goes when a prompt outgrows the model's context: the oldest messages, whole. Instructions
/// and the newest message always stay.
struct LlmTruncation {
  enum class Kind : std::uint8_t { automatic, disabled, retention_ratio };
  Kind kind = Kind::automatic;             // disabled: the call fails with resource_exhausted
  double retention_ratio = 1.0;            // of the room for messages, what is kept: (0, 1]
  std::int32_t post_instructions_max = 0;  // tokens after the instructions; 0: as many as fit
};

/// Of a prompt that stands by itself: it shares equal beginnings with others, and what it leaves in
/// a cache goes before anything that a session may come back for.
inline constexpr std::uint64_t kNoSession = 0;

struct LlmPrompt {
  std::uint64_t session = kNoSession;  // the same for all prompts of a session: finds its cache
  std::vector<LlmMessage> messages{};  // first: system (instructions)
  std::vector<LlmTool> tools{};
  LlmToolChoice tool_choice{};
  bool parallel_tool_calls = true;  // several calls in one reply
  LlmTruncation truncation{};
};

/// A piece of what the model says.
struct LlmDelta {
  enum class Kind : std::uint8_t { text, tool_name, tool_arguments };
  Kind kind = Kind::text;
  std::string text{};  // whole UTF-8 characters
};

/// Deltas that wait for the strand; when it does not take them, the model waits.
inline constexpr std::size_t kLlmDeltaCapacity = 256;

struct LlmUsage {
  std::int32_t input_tokens = 0;
  std::int32_t cached_tokens = 0;  // of input_tokens
  std::int32_t output_tokens = 0;
};

struct LlmCall : Call {
  enum class Finish : std::uint8_t { stop, length, tool_call };

  LlmPrompt prompt;                    // in
  std::int32_t output_tokens_max = 0;  // in: 0 = the backend's limit
  float temperature = 0.0F;            // in: 0 = greedy
  std::uint64_t seed = 0;              // in

  exec::SpscRing<LlmDelta> deltas{
      kLlmDeltaCapacity};  // out, while in flight: host pushes, strand pops

  Finish finish_reason = Finish::stop;  // out
  LlmUsage usage;                       // out
  Status status;                        // out
};

/// Threads: any; implementations own a thread or an I/O loop.
class LlmHost {
 public:
  virtual ~LlmHost() = default;
  /// False when too many generations wait (counted).
  virtual bool submit(std::shared_ptr<LlmCall> call) = 0;
  /// Prefills what `prompt` begins with, in the background, yielding to generations.
  virtual void prepare(LlmPrompt prompt) = 0;
  /// Forgets what is cached for a session.
  virtual void forget(std::uint64_t session) noexcept = 0;
  /// How the speaker is named to people: "SmolLM2-135M (demonstration)".
  [[nodiscard]] virtual std::string name() const = 0;
  /// True when the model only exercises the pipeline: whoever shows its words says so.
  [[nodiscard]] virtual bool is_demonstration() const noexcept { return false; }
};

}  // namespace parley::model
