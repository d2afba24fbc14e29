// SPDX-License-Identifier: Apache-2.0
//
// Who speaks, utterance by utterance, for one session: the embedding is made beside recognition and
// begins with it, at the first pause, so that the name is there with the words.
//
//   labels.hear(event, buffer);                    // every TurnEvent, before the buffer is trimmed
//   if (labels.is_ready(utterance)) … labels.take(utterance) …     // woken when it is
//
// Only speech is heard, without the silence around it, and no more of it than kLabelSpeechMax.
// Shorter utterances than kLabelSpeechMin have no name: they say too little.
// Threads: strand (the audio: speaker host).  Allocates: once per utterance.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "base/clock.h"
#include "exec/strand.h"
#include "media/frame.h"
#include "model/known_speakers.h"
#include "model/speaker_model.h"
#include "operators/turn/input_buffer.h"

namespace parley::operators {

/// Less speech tells nobody from anybody.
inline constexpr media::MediaTime kLabelSpeechMin = media::MediaTime::from_ms(500);
/// Of one utterance, from its begin: more costs, and tells nothing new.
inline constexpr media::MediaTime kLabelSpeechMax = media::MediaTime::from_ms(10'000);

class SpeakerLabels {
 public:
  /// All outlive it. `owner`: whose speakers they are.
  struct Surroundings {
    model::SpeakerHost& host;
    model::KnownSpeakers& known;
    const Clock& clock;
    std::string owner;
    exec::Waker waker;
  };

  explicit SpeakerLabels(Surroundings around);
  /// Cancels what is under way.
  ~SpeakerLabels();
  SpeakerLabels(const SpeakerLabels&) = delete;
  SpeakerLabels& operator=(const SpeakerLabels&) = delete;

  void hear(const media::TurnEvent& event, const InputBuffer& buffer);
  /// Nothing is to be waited for, be it that nobody will be known.
  [[nodiscard]] bool is_ready(media::UtteranceId utterance) const;
  /// The enrolled speaker, once; empty: nobody who is known. REQUIRES: is_ready(utterance).
  [[nodiscard]] std::string take(media::UtteranceId utterance);
  /// Nobody will ask for an utterance.
  void forget(media::UtteranceId utterance) noexcept;
  /// Nobody asks for an utterance that is open.
  void drop_early() noexcept;

 private:
  struct Job {
    media::UtteranceId utterance;
    media::MediaTime speech_end;
    bool ended = false;                        // false: may yet be in vain
    std::shared_ptr<model::SpeakerCall> call;  // shared with the host while it works
  };

  void start(const media::TurnEvent& event, const InputBuffer& buffer);

  const Surroundings around_;
  media::UtteranceId open_{0};     // the utterance that began last,
  media::MediaTime speech_begin_;  // and where
  std::deque<Job> jobs_;           // in order of utterance; only the last may be early
};

}  // namespace parley::operators
