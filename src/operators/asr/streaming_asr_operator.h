// SPDX-License-Identifier: Apache-2.0
//
// Words of a model that hears an utterance while it is being spoken.
//   in   events       TurnEvent
//   in   speech       SpeechEvent, one per window of the same audio
//   out  partials     Transcript, not `is_final`; `stable_bytes` of its text stay
//   out  transcripts  Transcript, one per ended utterance, in order, as AsrOperator's; none where
//                     another model makes the finals
// What comes of an utterance goes to the model as it comes, kStep or more at a time, and is heard
// once: what is said so far is what the model says after it. When the utterance ends the model is
// told so, and hears what is left. While it has too much to do it gets more at a time, so partials
// thin out by themselves. One whose finals come from elsewhere gives an utterance up when it is
// further behind than kStreamingBehindMax (counted).
// Threads: strand (the audio: the model's host).  Allocates: once per utterance, and as audio
// grows.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/frame.h"
#include "model/streaming_asr_model.h"
#include "operators/asr/partial_operator.h"
#include "operators/asr/stable_prefix.h"
#include "operators/turn/input_buffer.h"

namespace parley::operators {

/// Of audio that a model of partials has not heard: it is given up until the next utterance.
inline constexpr media::MediaTime kStreamingBehindMax = media::MediaTime::from_ms(5'000);
/// Of audio in one call: the batch that it is in waits for all of it.
inline constexpr media::MediaTime kStreamingPieceMax = media::MediaTime::from_ms(2'000);

class StreamingAsrOperator final : public graph::Operator {
 public:
  enum class Makes : std::uint8_t { partials, finals_too };

  /// `settings` and `buffer` belong to the session and are read live. `left_out` counts.
  StreamingAsrOperator(model::StreamingAsrHost& host, const InputBuffer& buffer,
                       const PartialSettings& settings, Makes makes, Counter& left_out);
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void close() noexcept override;
  [[nodiscard]] bool is_busy() const noexcept override {
    return makes_ == Makes::finals_too && !utterances_.empty() && utterances_.front().ended;
  }

 private:
  struct Utterance {
    media::UtteranceId id;
    media::MediaTime begin;
    media::MediaTime end;      // of one that has ended
    media::MediaTime fed;      // to the model, up to here
    bool ended = false;        // `rest` has all that follows
    bool refused = false;      // too many wait
    bool lost = false;         // nothing more is heard of it
    bool is_asked = false;     // an answer has not been taken
    bool is_whole = false;     // the model has heard all of it
    std::vector<float> rest;   // what is still to be heard
    std::size_t rest_fed = 0;  // of it
    std::string text;          // of what was heard
    StablePrefix shown;
    std::shared_ptr<model::AsrStreamCall> call;  // shared with the host while it works; or null
  };

  void hear(const media::TurnEvent& event);
  void begin(const media::TurnEvent& event);
  void end(const media::TurnEvent& event);
  void drop_open() noexcept;
  /// Keeps to kUtterancesWaitingMax.
  void refuse_one();
  /// Moves the front utterance on. True: it is over.
  bool advance(Utterance& utterance, graph::ProcessContext& context);
  void take_answer(Utterance& utterance, graph::ProcessContext& context);
  void feed(Utterance& utterance, graph::ProcessContext& context);
  void ask(Utterance& utterance, std::vector<float> audio, bool is_last,
           graph::ProcessContext& context);
  void tell_partial(Utterance& utterance);
  void tell_final(Utterance& utterance);

  graph::In<media::TurnEvent> events_{*this, "events"};
  graph::In<media::SpeechEvent> speech_{*this, "speech"};
  graph::Out<media::Transcript> partials_{*this, "partials"};
  graph::Out<media::Transcript> transcripts_{*this, "transcripts"};
  model::StreamingAsrHost& host_;
  const InputBuffer& buffer_;
  const PartialSettings& settings_;
  const Makes makes_;
  Counter& left_out_;
  media::MediaTime heard_;            // end of the detector's last window
  std::deque<Utterance> utterances_;  // in order; only the last may be open
};

}  // namespace parley::operators
