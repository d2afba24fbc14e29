// SPDX-License-Identifier: Apache-2.0
//
// Turns utterances into text.
//   in   events       TurnEvent
//   out  transcripts  Transcript, one per ended utterance, in order; not `is_final` when
//   recognition
//                     failed (an ErrorEvent came first) and the text is as far as it went
// Recognition starts early, at the first pause of an utterance; when no speech follows, the text is
// ready at the moment of the decision. When speech resumes, the early work is cancelled.
// Utterances longer than the model bears are cut at their quietest place.
// Threads: strand (the audio: ASR host).  Allocates: once per recognition.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "graph/operator.h"
#include "graph/port.h"
#include "model/asr_model.h"
#include "operators/turn/input_buffer.h"

namespace parley::operators {

/// Utterances that wait for the model. Beyond this the oldest is answered with an error.
inline constexpr std::size_t kUtterancesWaitingMax = 8;

/// How the model is asked.
struct AsrOrder {
  bool translate = false;     // to English, where the model can
  Millis patience{0};         // how much later than at once the words may come: others go first
  std::size_t calls_max = 1;  // utterances in the model at once; live speech never has two
  std::uint64_t owner = 0;    // whose share of the model it takes
  const model::AsrHintsRef* hints = nullptr;  // the session's, read live; null: none
  bool tells_target = false;  // the language of a translation is English, not the one spoken
};

class AsrOperator : public graph::Operator {
 public:
  /// `language` (ISO 639-1 or empty) and `buffer` belong to the session and are read live.
  AsrOperator(model::AsrHost& host, const InputBuffer& buffer, const std::string& language,
              AsrOrder order = {});
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void close() noexcept override;
  /// An utterance that has ended will be reported; one that may yet be in vain will perhaps not.
  [[nodiscard]] bool is_busy() const noexcept override {
    return !jobs_.empty() && jobs_.front().ended;
  }

 protected:
  /// False: the event has to wait. Asked before each event is heard, and again until it may be.
  virtual bool may_hear(const media::TurnEvent& /*event*/) { return true; }
  /// One more utterance would make the oldest that waits be refused. Who may let audio and events
  /// wait, and whatever they come from, need not let it come to that.
  [[nodiscard]] bool is_behind() const noexcept { return waiting() >= kUtterancesWaitingMax; }

 private:
  /// One utterance on its way through the model, in one piece or several.
  struct Job {
    media::UtteranceId utterance;
    media::MediaTime audio_begin;
    media::MediaTime speech_end;
    media::MediaTime audio_end;
    bool ended = false;                    // false: started early, may yet be in vain
    bool refused = false;                  // too many wait
    std::vector<float> audio;              // what is still to be recognised
    std::size_t offset = 0;                // start of the next piece in `audio`
    std::shared_ptr<model::AsrCall> call;  // the piece in flight, or null
    std::size_t piece_begin = 0;           // of the piece in flight, in samples
    std::string text;                      // of the pieces done
    std::string language;                  // of the first piece that tells
    std::string emotion;                   // likewise
    std::string event;                     // likewise
    std::vector<media::WordTime> words;    // likewise, from audio_begin
    std::vector<media::TokenScore> tokens;
  };

  void hear(const media::TurnEvent& event);
  void start_job(const media::TurnEvent& event, bool ended);
  void drop_early_job() noexcept;
  [[nodiscard]] static bool waits(const Job& job) { return !job.refused && !job.call; }
  /// Utterances that have not begun and were not refused.
  [[nodiscard]] std::size_t waiting() const noexcept;
  /// Keeps to kUtterancesWaitingMax.
  void refuse_one();
  /// Moves the front job on. True when it is finished and reported.
  bool advance(graph::ProcessContext& context);
  /// The next piece of `job`, which is not in the model, goes there, or is tried again later.
  void submit_piece(Job& job, graph::ProcessContext& context);
  /// Ended utterances behind the front job, as far as the order allows.
  void start_ahead(graph::ProcessContext& context);
  static void take_result(Job& job);
  void report(Job& job, bool is_whole);

  graph::In<media::TurnEvent> events_{*this, "events"};
  graph::Out<media::Transcript> transcripts_{*this, "transcripts"};
  model::AsrHost& host_;
  const InputBuffer& buffer_;
  const std::string& language_;
  const AsrOrder order_;
  std::deque<Job> jobs_;  // in order of utterance; only the last may be early
};

}  // namespace parley::operators
