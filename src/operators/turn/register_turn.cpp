// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "operators/register_all.h"
#include "operators/turn/turn_from_file.h"

namespace parley::operators {

void register_turn_operators(graph::Registry& registry, const OperatorBindings& /*bindings*/) {
  constexpr Millis kZero{0};
  constexpr Millis kLongest{10'000};
  registry.add(
      "turn", "Finds when the user starts, pauses and is done",
      graph::OptionTable<TurnSettings>()
          .millis("silence_ms", &TurnSettings::silence, kZero, kLongest, "Silence that ends a turn")
          .millis("prefix_padding_ms", &TurnSettings::prefix_padding, kZero, kLongest,
                  "Audio that is kept before the first sample of speech")
          .millis("early_recognition_ms", &TurnSettings::early_recognition, kZero, kLongest,
                  "Silence after which recognition may start early"),
      [](const TurnSettings& settings) { return std::make_unique<TurnFromFile>(settings); });
}

}  // namespace parley::operators
