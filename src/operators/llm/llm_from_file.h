// SPDX-License-Identifier: Apache-2.0
//
// The language model of a graph file: answers each transcript by itself. It remembers nothing:
// conversations are kept by agent/, which builds their prompts.
//   in   prompt  Transcript; those that are not final, or empty, are dropped
//   out  text, calls, ends   as LlmOperator gives them
// Threads: strand (the generation: LLM host).  Allocates: text only.
#pragma once

#include <cstdint>
#include <string>

#include "operators/llm/llm_operator.h"

namespace parley::operators {

class LlmFromFile final : public LlmOperator {
 public:
  struct Options {
    std::string instructions = "You are a helpful voice assistant. Answer in one short sentence.";
    std::int32_t output_tokens_max = 256;
    float temperature = 0.0F;  // 0: always the likeliest word
    std::uint64_t seed = 0;
  };
  LlmFromFile(model::LlmHost& host, Options options);
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  graph::In<media::Transcript> prompt_{*this, "prompt"};
  const Options options_;
};

}  // namespace parley::operators
