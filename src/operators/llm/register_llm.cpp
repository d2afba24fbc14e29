// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <memory>
#include <utility>

#include "operators/llm/llm_from_file.h"
#include "operators/llm/translate_operator.h"
#include "operators/register_all.h"

namespace parley::operators {

namespace {

constexpr std::int32_t kTokensMost = 1 << 20;

void register_llm(graph::Registry& registry, model::LlmHost* host) {
  using Options = LlmFromFile::Options;
  registry.add(
      "llm", "Answers each transcript, token by token, remembering nothing",
      graph::OptionTable<Options>()
          .text("instructions", &Options::instructions, "What the model is told to be")
          .whole("output_tokens_max", &Options::output_tokens_max, 1, kTokensMost,
                 "Tokens of an answer at most")
          .number("temperature", &Options::temperature, 0.0F, 2.0F, "0: always the likeliest word")
          .whole("seed", &Options::seed, 0, std::numeric_limits<std::int64_t>::max(),
                 "The same seed and prompt give the same answer"),
      [host](Options options) -> Result<std::unique_ptr<LlmFromFile>> {
        if (host == nullptr) return not_bound("a language model");
        return std::make_unique<LlmFromFile>(*host, std::move(options));
      });
}

void register_translate(graph::Registry& registry, model::LlmHost* host) {
  using Options = TranslateOperator::Options;
  registry.add(
      "translate", "Says each transcript in another language, remembering nothing",
      graph::OptionTable<Options>()
          .text("to", &Options::to, "ISO 639-1, such as es, or a name that the model knows")
          .text("from", &Options::from, "Likewise; empty: as the transcript says")
          .text("instructions", &Options::instructions,
                "More for the model: names, terms, how formal it is to be")
          .whole("output_tokens_max", &Options::output_tokens_max, 1, kTokensMost,
                 "Tokens of a translation at most"),
      [host](Options options) -> Result<std::unique_ptr<TranslateOperator>> {
        if (host == nullptr) return not_bound("a language model");
        if (options.to.empty()) {
          return Error{.code = ErrorCode::invalid_argument,
                       .message = "option 'to' is empty; give a language, such as es"};
        }
        return std::make_unique<TranslateOperator>(*host, std::move(options));
      });
}

}  // namespace

void register_llm_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  register_llm(registry, bindings.llm);
  register_translate(registry, bindings.llm);
}

}  // namespace parley::operators
