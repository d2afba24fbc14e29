// SPDX-License-Identifier: Apache-2.0
//
// Says what has been understood of an utterance while it is still being spoken.
//   in   events    TurnEvent
//   in   speech    SpeechEvent, one per window of the same audio
//   out  partials  Transcript, not `is_final`; `stable_bytes` of its text stay
//
// Every `settings.interval` of speech the utterance so far is recognised once more, as a call that
// the host runs only when nothing else waits. A partial that is not there when the next one is due
// is not doubled: the next one is left out (counted) and asked for when the answer comes, so that
// partials thin out when the machine has too much to do, and finals do not. The host also drops
// one that has waited for too long, and stops one for a final: those are left out, too. It may want
// them rarer, or not at all (a remote one costs by the call). When the utterance ends, what is
// still in work is cancelled.
//
// A long utterance is not recognised from its start each time: past kPartialWindowMax what is
// stable is kept as it is, if the model tells when its words were said, and only the rest is heard
// again. Nor is silence heard, in an utterance that only a commit ends: after kPartialSilenceMax of
// it what was said so far is kept, and hearing goes on with the next word.
// Threads: strand (the audio: ASR host).  Allocates: once per recognition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "media/frame.h"
#include "model/asr_model.h"
#include "operators/asr/stable_prefix.h"
#include "operators/turn/input_buffer.h"

namespace parley::operators {

inline constexpr media::MediaTime kPartialWindowMax = media::MediaTime::from_ms(10'000);
/// In the middle of an utterance: then the next partial begins anew.
inline constexpr media::MediaTime kPartialSilenceMax = media::MediaTime::from_ms(640);
/// Kept in front of a word that ends such a silence.
inline constexpr media::MediaTime kPartialPadding = media::MediaTime::from_ms(320);

/// Counts partials that were not made for the sessions of an interface.
[[nodiscard]] Counter& partials_left_out(Metrics& metrics, std::string_view face);

struct PartialSettings {
  Millis interval{256};     // of speech between two partials; 0: none are made
  std::string language{};   // ISO 639-1, or empty
  std::uint64_t owner = 0;  // whose share of the model they take
  model::AsrHintsRef hints{};
};

class PartialOperator : public graph::Operator {
 public:
  /// `settings` and `buffer` belong to the session and are read live. `left_out` counts.
  PartialOperator(model::AsrHost& host, const InputBuffer& buffer, const PartialSettings& settings,
                  Counter& left_out);
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void close() noexcept override { forget(); }

 protected:
  /// From where on the open utterance may be heard again; nothing while there is none.
  [[nodiscard]] std::optional<media::MediaTime> wanted_from() const noexcept {
    return is_open_ ? std::optional(window_) : std::nullopt;
  }

 private:
  void hear(const media::TurnEvent& event);
  [[nodiscard]] media::MediaTime interval() const;
  void ask(graph::ProcessContext& context);
  void take_answer();
  void keep_stable(const model::AsrCall& call);
  void skip_silence();
  void tell(std::string text, std::size_t stable_bytes, std::string language);
  void forget() noexcept;

  graph::In<media::TurnEvent> events_{*this, "events"};
  graph::In<media::SpeechEvent> speech_{*this, "speech"};
  graph::Out<media::Transcript> partials_{*this, "partials"};
  model::AsrHost& host_;
  const InputBuffer& buffer_;
  const PartialSettings& settings_;
  Counter& left_out_;

  bool is_open_ = false;    // somebody speaks
  bool is_paused_ = false;  // for a moment: the final is being made already
  media::UtteranceId utterance_;
  media::MediaTime begin_;                // of the utterance's audio
  media::MediaTime window_;               // from here it is heard again
  media::MediaTime heard_;                // end of the detector's last window
  media::MediaTime spoken_;               // end of the last one with speech
  media::MediaTime due_;                  // when the next partial is
  bool is_owed_ = false;                  // one that was due while another was in work
  std::string kept_;                      // the text of what lies before `window_`
  StablePrefix shown_;                    // of what lies after it
  std::vector<std::int64_t> hypothesis_;  // the same in the model's tokens, for the next call
  std::shared_ptr<model::AsrCall> call_;  // in work; shared with the host
};

}  // namespace parley::operators
