// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "operators/register_all.h"
#include "operators/vad/vad_operator.h"
#include "operators/with_settings.h"

namespace parley::operators {

void register_vad_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  using Vad = WithSettings<VadOperator, TurnSettings>;
  registry.add(
      "vad", "Says of each 32 ms of audio whether somebody speaks",
      graph::OptionTable<TurnSettings>().number("threshold", &TurnSettings::threshold, 0.0F, 1.0F,
                                                "Probability from which on a window is speech"),
      [host = bindings.vad](const TurnSettings& settings) -> Result<std::unique_ptr<Vad>> {
        if (host == nullptr) return not_bound("a voice activity model");
        return std::make_unique<Vad>(settings, *host);
      });
}

}  // namespace parley::operators
