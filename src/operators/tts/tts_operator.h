// SPDX-License-Identifier: Apache-2.0
//
// Speaks clauses, one after another.
//   in   clauses  TextDelta, one clause each; where it has a spoken form, that is what is said
//   out  audio    AudioFrame, mono at the voice's rate: the parts of each clause as the voice makes
//                 them, and its pauses; `is_last` ends the reply
//   out  spoken   TextDelta with the clause and the time that its audio takes: who hears the audio
//                 up to some sample can tell which words were heard. It comes with the clause's
//                 first part; with its last one from a voice that does not know before.
// One clause is in the model at a time; the next waits until the output has room, so a slow
// listener slows synthesis and not memory. When the turn moves on, inference is stopped. A clause
// that breaks off is silent from there to where it was said to end: the times that were told stay
// true.
// Threads: strand (the clause: TTS host).  Allocates: once per clause.
#pragma once

#include <memory>
#include <optional>

#include "graph/operator.h"
#include "graph/port.h"
#include "model/tts_model.h"
#include "operators/tts/speech_settings.h"

namespace parley::operators {

class TtsOperator : public graph::Operator {
 public:
  /// `settings` is read live, at the start of each clause.
  TtsOperator(model::TtsHost& host, const SpeechSettings& settings)
      : audio_(*this, "audio", {.rate_hz = host.rate(), .channels = 1}),
        host_(host),
        settings_(settings) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void on_turn(media::Turn now) noexcept override;
  void close() noexcept override;
  [[nodiscard]] bool is_busy() const noexcept override { return call_ != nullptr; }

 private:
  void prepare(media::TextDelta clause);
  void give_silence();
  void give_part(const model::TtsCall& call, media::BufferRef samples);
  void tell_clause(const model::TtsCall& call, media::MediaTime begin, media::MediaTime duration);
  void end_clause(graph::ProcessContext& context);
  void finish_reply(media::Turn turn);
  void forget() noexcept;
  void push_audio(media::BufferRef samples);

  graph::In<media::TextDelta> clauses_{*this, "clauses"};
  graph::Out<media::AudioFrame> audio_;
  graph::Out<media::TextDelta> spoken_{*this, "spoken"};
  model::TtsHost& host_;
  const SpeechSettings& settings_;
  // Shared with the host while it is in flight, since the session may end first.
  std::shared_ptr<model::TtsCall> call_;
  bool submitted_ = false;
  media::TextDelta clause_;                       // that `call_` speaks
  std::optional<media::MediaTime> told_until_;    // where it ends, once `clause_` went out
  std::optional<media::MediaTime> clause_begin_;  // of its first part; nothing before that came
  media::MediaTime silence_;                      // to be given out first
  media::BufferRef zeros_;                        // empty until there is a pause
  media::Turn turn_;
  media::MediaTime clock_;          // audio made so far for this reply
  Instant plays_from_;              // when its first frame left
  std::uint64_t clause_index_ = 0;  // in this reply
};

}  // namespace parley::operators
