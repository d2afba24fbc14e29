// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <memory>
#include <utility>

#include "operators/register_all.h"
#include "operators/tts/clause_operator.h"
#include "operators/tts/say_operator.h"
#include "operators/tts/tts_operator.h"
#include "operators/with_settings.h"

namespace parley::operators {

void register_tts_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  using Clause = WithSettings<ClauseOperator, SpeechSettings>;
  using Tts = WithSettings<TtsOperator, SpeechSettings>;
  registry.add("clause", "Cuts text into clauses that can be spoken one by one",
               graph::OptionTable<graph::NoOptions>(),
               [](graph::NoOptions) { return std::make_unique<Clause>(SpeechSettings{}); });
  registry.add(
      "say", "Whole transcripts to clauses that can be spoken one by one",
      graph::OptionTable<text::TextOptions>()
          .text("language", &text::TextOptions::language,
                "RFC 5646, such as en: how numbers and signs are said")
          .flag("normalise", &text::TextOptions::normalise,
                "Numbers and signs as words; false: they are the voice's business"),
      [](text::TextOptions options) { return std::make_unique<SayOperator>(std::move(options)); });
  registry.add(
      "tts", "Speaks clauses",
      graph::OptionTable<SpeechSettings>()
          .text("voice", &SpeechSettings::voice, "By name; empty: the model's own")
          .number("speed", &SpeechSettings::speed, 0.25F, 4.0F, "1 is the voice's own")
          .whole("seed", &SpeechSettings::seed, 0, std::numeric_limits<std::int64_t>::max(),
                 "The same seed and text give the same audio"),
      [host = bindings.tts](SpeechSettings settings) -> Result<std::unique_ptr<Tts>> {
        if (host == nullptr) return not_bound("a voice");
        return std::make_unique<Tts>(std::move(settings), *host);
      });
}

}  // namespace parley::operators
