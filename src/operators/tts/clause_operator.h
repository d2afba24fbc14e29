// SPDX-License-Identifier: Apache-2.0
//
// Cuts a reply's text into clauses that are spoken one by one.
//   in   text     TextDelta, as the LLM says it
//   out  clauses  TextDelta, one clause each; the last has `is_last` (its text may be empty)
// Text-only replies end here: their text is dropped.
// Threads: strand.  Allocates: text only.  Latency: until the first clause ends.
#pragma once

#include "graph/operator.h"
#include "graph/port.h"
#include "operators/tts/clause_splitter.h"
#include "operators/tts/speech_settings.h"

namespace parley::operators {

class ClauseOperator : public graph::Operator {
 public:
  /// `settings` is read live.
  explicit ClauseOperator(const SpeechSettings& settings) : settings_(settings) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void on_turn(media::Turn now) noexcept override;

 private:
  graph::In<media::TextDelta> text_{*this, "text"};
  graph::Out<media::TextDelta> clauses_{*this, "clauses"};
  const SpeechSettings& settings_;
  ClauseSplitter splitter_;
  media::Turn turn_;
  bool finished_ = false;  // the last delta is in the splitter
};

}  // namespace parley::operators
