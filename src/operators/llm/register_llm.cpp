// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <memory>

#include "operators/llm/llm_from_file.h"
#include "operators/register_all.h"

namespace parley::operators {

void register_llm_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  using Options = LlmFromFile::Options;
  constexpr std::int32_t kTokensMost = 1 << 20;
  registry.add(
      "llm", "Answers each transcript, token by token, remembering nothing",
      graph::OptionTable<Options>()
          .text("instructions", &Options::instructions, "What the model is told to be")
          .whole("output_tokens_max", &Options::output_tokens_max, 1, kTokensMost,
                 "Tokens of an answer at most")
          .number("temperature", &Options::temperature, 0.0F, 2.0F, "0: always the likeliest word")
          .whole("seed", &Options::seed, 0, std::numeric_limits<std::int64_t>::max(),
                 "The same seed and prompt give the same answer"),
      [host = bindings.llm](Options options) -> Result<std::unique_ptr<LlmFromFile>> {
        if (host == nullptr) return not_bound("a language model");
        return std::make_unique<LlmFromFile>(*host, std::move(options));
      });
}

}  // namespace parley::operators
