// SPDX-License-Identifier: Apache-2.0
//
// The recogniser of a graph file: it keeps the audio that it will need itself, so that it may run
// on another strand than whatever finds the turns.
//   in   audio        AudioFrame, 16 kHz mono
//   in   events       TurnEvent, about the same audio
//   out  transcripts  Transcript, one per ended utterance, in order
// An event waits until the audio that it is about has come; one that comes when its audio is gone
// is reported.
// Threads: strand (the audio: ASR host).  Allocates: the buffer grows with the utterance.
#pragma once

#include <string>

#include "operators/asr/asr_operator.h"

namespace parley::operators {

/// What is kept while nobody has begun to speak, 4 MB. Whatever finds the turns may be that far
/// behind: the queues before it hold half a minute of frames of 20 ms.
inline constexpr media::MediaTime kAudioBeforeSpeechMax = media::MediaTime::from_ms(120'000);

/// A base, so that it is there before the operator that refers to it.
struct AsrState {
  std::string language;
  InputBuffer buffer;
};

class AsrFromFile final : private AsrState, public AsrOperator {
 public:
  AsrFromFile(model::AsrHost& host, std::string given_language)
      : AsrState{.language = std::move(given_language), .buffer = {}},
        AsrOperator(host, AsrState::buffer, AsrState::language) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  bool may_hear(const media::TurnEvent& event) override;

  graph::In<media::AudioFrame> audio_{*this, "audio", {.rate_hz = kInputBufferRate, .channels = 1}};
  bool speaking_ = false;  // an utterance is open: all its audio is needed
  bool has_lost_ = false;  // audio of the utterance that was heard of last
};

}  // namespace parley::operators
