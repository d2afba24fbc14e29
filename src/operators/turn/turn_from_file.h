// SPDX-License-Identifier: Apache-2.0
//
// The turn operator of a graph file: its settings and its buffer are its own, and it keeps no audio
// for others (recognition in a graph file keeps what it needs itself).
//   in   audio   AudioFrame, 16 kHz mono
//   in   speech  SpeechEvent, one per window of the same audio
//   out  events  TurnEvent
// Threads: strand.  Allocates: the buffer grows with the utterance.
#pragma once

#include "operators/turn/turn_operator.h"

namespace parley::operators {

/// A base, so that it is there before the operator that refers to it.
struct TurnState {
  TurnSettings settings;
  InputBuffer buffer;
};

class TurnFromFile final : private TurnState, public TurnOperator {
 public:
  explicit TurnFromFile(const TurnSettings& given)
      : TurnState{.settings = given, .buffer = {}},
        TurnOperator(TurnState::settings, TurnState::buffer,
                     make_silence_detector(TurnState::settings)) {}

  Result<graph::Progress> process(graph::ProcessContext& context) override {
    Result<graph::Progress> progress = TurnOperator::process(context);
    trim();
    return progress;
  }
};

}  // namespace parley::operators
