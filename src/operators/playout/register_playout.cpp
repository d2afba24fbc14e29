// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "operators/playout/playout_operator.h"
#include "operators/register_all.h"
#include "operators/with_settings.h"

namespace parley::operators {

void register_playout_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  using Playout = WithSettings<PlayoutOperator, SpeechSettings>;
  constexpr Millis kLeadMost{60'000};
  registry.add("playout", "Resampled, cut into packets, encoded, and not too early",
               graph::OptionTable<SpeechSettings>()
                   .choice("codec", &SpeechSettings::codec,
                           {{"pcm16", media::Codec::pcm16},
                            {"pcmu", media::Codec::pcmu},
                            {"pcma", media::Codec::pcma}},
                           "Of the packets")
                   .whole("rate_hz", &SpeechSettings::rate, 8'000, 48'000, "Of the packets")
                   .millis("lead_ms", &SpeechSettings::lead, Millis(0), kLeadMost,
                           "Audio leaves at most this early; 0: no limit"),
               [buffers = &bindings.buffers](SpeechSettings settings) {
                 return std::make_unique<Playout>(std::move(settings), *buffers);
               });
}

}  // namespace parley::operators
