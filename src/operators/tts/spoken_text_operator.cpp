// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/spoken_text_operator.h"

#include <optional>
#include <utility>

#include "operators/tts/spoken_delta.h"

namespace parley::operators {

using graph::Progress;

Result<Progress> SpokenTextOperator::process(graph::ProcessContext&) {
  while (true) {
    if (!clauses_.has_room()) return Progress::blocked;
    if (std::optional<text::SpokenChunk> chunk = spoken_.next()) {
      clauses_.push(spoken_delta(std::move(*chunk), turn_));
      continue;
    }
    if (finished_) {
      give_last();
      continue;
    }
    if (text_.peek() == nullptr) return Progress::need_input;
    const media::TextDelta delta = text_.pop();
    turn_ = delta.head.turn;
    PARLEY_TRY_STATUS(spoken_.append(delta.text));
    if (!delta.head.is_last) continue;
    PARLEY_TRY_STATUS(spoken_.finish());
    finished_ = true;
  }
}

void SpokenTextOperator::give_last() {
  media::TextDelta last;
  last.head.turn = turn_;
  last.head.is_last = true;
  clauses_.push(std::move(last));
  spoken_ = text::SpokenText(options_);
  finished_ = false;
}

}  // namespace parley::operators
