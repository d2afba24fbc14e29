// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/clause_operator.h"

#include <optional>
#include <string>
#include <utility>

namespace parley::operators {

using graph::Progress;

Result<Progress> ClauseOperator::process(graph::ProcessContext&) {
  while (true) {
    if (!clauses_.has_room()) return Progress::blocked;
    if (std::optional<std::string> clause = splitter_.next()) {
      media::TextDelta out;
      out.head.turn = turn_;
      out.text = std::move(*clause);
      clauses_.push(std::move(out));
      continue;
    }
    if (finished_) {
      media::TextDelta last;
      last.head.turn = turn_;
      last.head.is_last = true;
      clauses_.push(std::move(last));
      finished_ = false;
      splitter_.reset();
    }
    if (text_.peek() == nullptr) return Progress::need_input;
    const media::TextDelta delta = text_.pop();
    if (!settings_.audio) continue;
    turn_ = delta.head.turn;
    splitter_.append(delta.text);
    if (delta.head.is_last) {
      splitter_.finish();
      finished_ = true;
    }
  }
}

void ClauseOperator::on_turn(media::Turn now) noexcept {
  if (turn_ >= now) return;
  splitter_.reset();
  finished_ = false;
}

}  // namespace parley::operators
