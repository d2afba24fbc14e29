// SPDX-License-Identifier: Apache-2.0
#include "operators/llm/llm_from_file.h"

#include <utility>

namespace parley::operators {

using model::LlmMessage;

LlmFromFile::LlmFromFile(model::LlmHost& host, Options options)
    : LlmOperator(host), options_(std::move(options)) {}

Result<graph::Progress> LlmFromFile::process(graph::ProcessContext& context) {
  while (!busy() && prompt_.peek() != nullptr) {
    media::Transcript heard = prompt_.pop();
    if (!heard.is_final || heard.text.empty()) continue;
    auto call = std::make_shared<model::LlmCall>();
    call->prompt.messages.push_back(
        {.role = LlmMessage::Role::system, .text = options_.instructions});
    call->prompt.messages.push_back(
        {.role = LlmMessage::Role::user, .text = std::move(heard.text)});
    call->output_tokens_max = options_.output_tokens_max;
    call->temperature = options_.temperature;
    call->seed = options_.seed;
    generate(std::move(call), heard.head.turn);
  }
  return LlmOperator::process(context);
}

}  // namespace parley::operators
