// SPDX-License-Identifier: Apache-2.0
//
// Utterances to what a voice speaks: each whole transcript is cut into chunks and written as people
// say it (layer text), and is one text to the voice.
//   in   transcripts  Transcript; those that are not final, or empty, are dropped
//   out  clauses      TextDelta, a chunk each: `text` as it came, `spoken` as it is said; after the
//                     chunks of an utterance one without text that has `is_last`
// Speech may take longer than what it says took to say. It never holds up whoever makes the text:
// when more than kUtterancesToSayMax wait, the oldest is not said, and that is reported.
// Threads: strand.  Allocates: text only.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "graph/operator.h"
#include "graph/port.h"
#include "text/spoken_text.h"

namespace parley::operators {

/// Utterances that wait to be cut. Beyond this the oldest is not said (reported).
inline constexpr std::size_t kUtterancesToSayMax = 8;

class SayOperator final : public graph::Operator {
 public:
  /// What `options` points to outlives the operator.
  explicit SayOperator(text::TextOptions options)
      : options_(std::move(options)), spoken_(options_) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  void take(media::Transcript heard, graph::ProcessContext& context);
  void begin(graph::ProcessContext& context);
  void end();

  graph::In<media::Transcript> transcripts_{*this, "transcripts"};
  graph::Out<media::TextDelta> clauses_{*this, "clauses"};
  const text::TextOptions options_;
  text::SpokenText spoken_;
  std::deque<media::Transcript> waiting_;
  media::Turn turn_;
  bool is_open_ = false;  // an utterance is in `spoken_`
};

}  // namespace parley::operators
