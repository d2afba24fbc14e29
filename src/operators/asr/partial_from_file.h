// SPDX-License-Identifier: Apache-2.0
//
// Interim transcripts in a graph file: it keeps the audio that it hears again and again itself, as
// the recogniser of a graph file does.
//   in   audio     AudioFrame, 16 kHz mono
//   in   events    TurnEvent, about the same audio
//   in   speech    SpeechEvent, one per window of the same audio
//   out  partials  Transcript, not `is_final`; `stable_bytes` of its text stay
// Audio never waits for it: a partial that comes too late is left out.
// Threads: strand (the audio: ASR host).  Allocates: the buffer grows with the utterance.
#pragma once

#include "operators/asr/partial_operator.h"

namespace parley::operators {

struct PartialFileOptions {
  PartialSettings settings{};
  Millis keep{6'000};  // of audio before speech: more than the queue before `vad` holds
};

/// A base, so that it is there before the operator that refers to it.
struct PartialState {
  PartialFileOptions options;
  InputBuffer buffer;
  Counter unseen;  // where nobody asks what was left out
};

class PartialFromFile final : private PartialState, public PartialOperator {
 public:
  /// `left_out` counts, and outlives the operator; null: nobody asks.
  PartialFromFile(model::AsrHost& host, const PartialFileOptions& given, Counter* left_out)
      : PartialState{.options = given, .buffer = {}, .unseen = {}},
        PartialOperator(host, PartialState::buffer, PartialState::options.settings,
                        left_out != nullptr ? *left_out : PartialState::unseen) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  graph::In<media::AudioFrame> audio_{*this, "audio", {.rate_hz = kInputBufferRate, .channels = 1}};
};

}  // namespace parley::operators
