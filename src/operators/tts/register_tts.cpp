// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <memory>

#include "operators/register_all.h"
#include "operators/tts/clause_operator.h"
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
