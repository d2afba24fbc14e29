// SPDX-License-Identifier: Apache-2.0
//
// A prompt as the body of POST /chat/completions. Threads: pure functions.
#pragma once

#include <string>

#include "model/llm_model.h"

namespace parley::backend {

struct ChatRequestOptions {
  std::string model;
  std::string output_limit_field = "max_tokens";  // OpenAI's newer models: max_completion_tokens
};

/// A function's parameters that are no JSON object are sent as "no parameters".
[[nodiscard]] std::string make_chat_request(const model::LlmCall& call,
                                            const ChatRequestOptions& options);

}  // namespace parley::backend
