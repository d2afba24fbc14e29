// SPDX-License-Identifier: Apache-2.0
//
// The recogniser of a graph file: it keeps the audio that it will need itself, so that it may run
// on another strand than whatever finds the turns.
//   in   audio        AudioFrame, 16 kHz mono
//   in   events       TurnEvent, about the same audio
//   out  transcripts  Transcript, one per ended utterance, in order
// An event waits until the audio that it is about has come; one that comes when its audio is gone
// is reported. When kUtterancesWaitingMax wait for the model, audio and events wait, too; where
// they are of people who speak now, and cannot, the oldest utterance is answered with an error.
// Threads: strand (the audio: ASR host).  Allocates: the buffer grows with the utterance.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "operators/asr/asr_operator.h"

namespace parley::operators {

/// What is kept while nobody has begun to speak, 4 MB. Whatever finds the turns may be that far
/// behind: the queues before it hold half a minute of frames of 20 ms.
inline constexpr media::MediaTime kAudioBeforeSpeechMax = media::MediaTime::from_ms(120'000);

struct AsrFileOptions {
  enum class WhenBehind : std::uint8_t { wait, refuse };

  std::string language{};
  bool translate = false;
  Millis keep{kAudioBeforeSpeechMax.ms()};
  WhenBehind when_behind = WhenBehind::wait;
};

/// A base, so that it is there before the operator that refers to it.
struct AsrState {
  AsrFileOptions options;
  InputBuffer buffer;
};

class AsrFromFile final : private AsrState, public AsrOperator {
 public:
  AsrFromFile(model::AsrHost& host, AsrFileOptions given)
      : AsrState{.options = std::move(given), .buffer = {}},
        AsrOperator(host, AsrState::buffer, AsrState::options.language,
                    {.translate = AsrState::options.translate, .tells_target = true}) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  bool may_hear(const media::TurnEvent& event) override;
  [[nodiscard]] bool has_to_wait() const noexcept {
    return is_behind() && options.when_behind == AsrFileOptions::WhenBehind::wait;
  }

  graph::In<media::AudioFrame> audio_{*this, "audio", {.rate_hz = kInputBufferRate, .channels = 1}};
  bool speaking_ = false;  // an utterance is open: all its audio is needed
  bool has_lost_ = false;  // audio of the utterance that was heard of last
};

}  // namespace parley::operators
