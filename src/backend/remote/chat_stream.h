// SPDX-License-Identifier: Apache-2.0
//
// The chunks of a streamed chat completion, as OpenAI defines them and as llama-server, vLLM and
// Ollama send them, into deltas, a finish reason and usage.
//
// Taken as they come: chunks without choices (usage), content that is null or absent, a missing or
// empty finish_reason, calls whose fragments carry an index, an id, or only their position, calls
// in one piece, an error object in the middle of a stream. Reasoning is never passed on: it is not
// said.
//
// Of several function calls the first is streamed; further ones follow whole at the end, each
// beginning with its tool_name delta.
//
// Threads: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/utf8_assembler.h"
#include "base/result.h"
#include "model/llm_model.h"

namespace parley::backend {

class ChatStream {
 public:
  using Sink = std::function<void(model::LlmDelta::Kind kind, std::string text)>;
  explicit ChatStream(Sink sink) : sink_(std::move(sink)) {}

  /// One event's data. Errors: data_corrupt (no JSON, not a chunk), or what an error object says.
  Status take(std::string_view data);
  /// No more events come. Errors: unavailable (nothing was said at all), data_corrupt (a function's
  /// arguments are no JSON object).
  Status finish();

  /// "[DONE]" was seen.
  [[nodiscard]] bool is_done() const noexcept { return is_done_; }
  /// A finish reason was seen: what there is, is all of it.
  [[nodiscard]] bool is_complete() const noexcept { return is_done_ || has_finish_; }
  /// Something that a person would hear, or a call, has come.
  [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }
  [[nodiscard]] model::LlmCall::Finish finish_reason() const noexcept;
  [[nodiscard]] model::LlmUsage usage() const noexcept;

 private:
  struct ToolCall {
    std::int64_t index = -1;
    std::string id;
    std::string name;
    std::string arguments;
    bool is_named = false;  // its name was passed on
  };
  // Boost.JSON stays out of this header; these are the places in a chunk.
  struct Chunk;

  void take_text(std::string_view bytes);
  void take_call(const Chunk& fragment, std::size_t position);
  ToolCall& call_of(std::int64_t index, std::string_view id, std::size_t position);
  void name_first();

  const Sink sink_;
  Utf8Assembler characters_;
  std::vector<ToolCall> calls_;
  model::LlmUsage usage_;
  std::int32_t content_chunks_ = 0;  // stands for tokens where a server reports no usage
  bool has_usage_ = false;
  bool has_finish_ = false;
  bool was_cut_ = false;
  bool has_begun_ = false;
  bool is_done_ = false;
};

/// What an endpoint's error body or error object says, for a person: "model not found". Empty when
/// it says nothing.
[[nodiscard]] std::string error_text(std::string_view body);

}  // namespace parley::backend
