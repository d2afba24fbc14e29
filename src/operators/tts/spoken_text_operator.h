// SPDX-License-Identifier: Apache-2.0
//
// Cuts text into chunks and writes them as people say them (layer text).
//   in   text     TextDelta; `is_last` ends a text, and another may follow
//   out  clauses  TextDelta, a chunk each: `text` as it came, `spoken` as it is said; after the
//                 chunks of a text one without text that has `is_last`
// Text that is not UTF-8, or not the SSML that was promised, is an error of its input.
// Threads: strand.  Allocates: text only.  Latency: until the first clause ends.
#pragma once

#include "graph/operator.h"
#include "graph/port.h"
#include "text/spoken_text.h"

namespace parley::operators {

class SpokenTextOperator final : public graph::Operator {
 public:
  /// What `options` points to outlives the operator.
  explicit SpokenTextOperator(text::TextOptions options)
      : options_(std::move(options)), spoken_(options_) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  void give_last();

  graph::In<media::TextDelta> text_{*this, "text"};
  graph::Out<media::TextDelta> clauses_{*this, "clauses"};
  const text::TextOptions options_;
  text::SpokenText spoken_;
  media::Turn turn_;
  bool finished_ = false;  // the last of this text is in `spoken_`
};

}  // namespace parley::operators
