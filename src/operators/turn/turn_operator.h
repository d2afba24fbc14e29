// SPDX-License-Identifier: Apache-2.0
//
// Finds the user's turns: when speech starts, when it pauses, when the user is done.
//   in   audio   AudioFrame, 16 kHz mono: goes into the input buffer
//   in   speech  SpeechEvent, one per window of the same audio
//   out  events  TurnEvent
// Every wait is counted in samples since the last speech, never by a clock, so a busy machine or a
// bursty network cannot end a turn early or late. A turn also ends when it reaches kUtteranceMax:
// hold music must not grow a queue for ever. Without detection, where somebody follows what is
// said, speech opens an utterance as well, and nothing but a commit or a clear ends it. Threads:
// strand.  Allocates: the input buffer grows with the utterance. Latency: kStartWindows windows (64
// ms) until `started`, settings.silence until `ended`.
#pragma once

#include <memory>
#include <optional>

#include "graph/operator.h"
#include "graph/port.h"
#include "model/turn_model.h"
#include "operators/turn/input_buffer.h"
#include "operators/turn/turn_settings.h"

namespace parley::operators {

/// Windows of speech in a row before it counts: one window is as often a click or a cough.
inline constexpr int kStartWindows = 2;
inline constexpr media::MediaTime kUtteranceMax = media::MediaTime::from_ms(120'000);

class TurnOperator : public graph::Operator {
 public:
  /// `settings` and `buffer` belong to the session; settings are read live.
  TurnOperator(const TurnSettings& settings, InputBuffer& buffer,
               std::unique_ptr<model::TurnDetector> detector);
  Result<graph::Progress> process(graph::ProcessContext& context) override;

  /// Push to talk, and a client's commit during speech: ends the open utterance, or makes one of
  /// all that is buffered; `ended` comes out at once. REQUIRES: buffered() is not zero, and room at
  /// `events`, as after a run whose events were read. Returns what was committed.
  media::UtteranceId commit();
  /// Throws away what came before `appended` on the input stream, also what is still on its way
  /// here; `cleared` comes out when an utterance was open. REQUIRES: room at `events`.
  void clear(media::MediaTime appended);
  /// What a commit would take. While the detector runs and hears nobody that is nothing: the audio
  /// that is kept then is only padding for an utterance to come.
  [[nodiscard]] media::MediaTime buffered() const;
  /// Forgets audio that no utterance can need any more. Not before every event that was emitted has
  /// been read: its utterance's audio is read from the buffer.
  void trim();

 private:
  enum class State : std::uint8_t { silent, speaking, paused };
  void hear(const media::SpeechEvent& window, graph::ProcessContext& context);
  void hear_silence(media::MediaTime now, graph::ProcessContext& context);
  void hear_pause(media::MediaTime now);
  /// False: the detector is still thinking about the silence up to `undecided_`.
  bool decide(graph::ProcessContext& context);
  void end(media::MediaTime at, media::MediaTime speech_end);
  void emit(media::TurnEvent::Kind kind, media::MediaTime at, media::MediaTime speech_end);

  graph::In<media::AudioFrame> audio_{*this, "audio", {.rate_hz = kInputBufferRate, .channels = 1}};
  graph::In<media::SpeechEvent> speech_{*this, "speech"};
  graph::Out<media::TurnEvent> events_{*this, "events"};
  const TurnSettings& settings_;
  InputBuffer& buffer_;
  const std::unique_ptr<model::TurnDetector> detector_;

  State state_ = State::silent;
  std::optional<media::MediaTime> undecided_;  // the end of a silence that is being judged
  int speech_windows_ = 0;                     // in a row, while silent
  media::MediaTime candidate_;                 // start of that row
  media::MediaTime heard_;                     // end of the detector's last window
  media::MediaTime speech_start_;              // of the open utterance
  media::MediaTime speech_end_;                // end of the last window with speech
  media::MediaTime audio_begin_;  // of the open utterance: speech start less the padding
  media::MediaTime free_from_;    // audio before this belongs to an earlier utterance
  bool is_by_hand_ = false;  // the open utterance is the client's to commit, with all before it
  media::UtteranceId utterance_{0};
};

/// The first detector: done after settings.silence without speech.
std::unique_ptr<model::TurnDetector> make_silence_detector(const TurnSettings& settings);

}  // namespace parley::operators
