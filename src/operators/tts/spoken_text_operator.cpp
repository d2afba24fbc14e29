// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/spoken_text_operator.h"

#include <memory>
#include <optional>
#include <utility>

namespace parley::operators {

using graph::Progress;
using media::MediaTime;

Result<Progress> SpokenTextOperator::process(graph::ProcessContext&) {
  while (true) {
    if (!clauses_.has_room()) return Progress::blocked;
    if (std::optional<text::SpokenChunk> chunk = spoken_.next()) {
      give(std::move(*chunk));
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

void SpokenTextOperator::give(text::SpokenChunk chunk) {
  auto form = std::make_shared<media::SpokenForm>();
  form->text = std::move(chunk.spoken);
  form->rate = chunk.rate;
  form->pause_before = MediaTime::from_ms(chunk.pause_before.count());
  form->spans.reserve(chunk.spans.size());
  for (const text::Span& span : chunk.spans) {
    form->spans.push_back(
        {span.written_begin, span.written_end, span.spoken_begin, span.spoken_end});
  }
  media::TextDelta delta;
  delta.head.turn = turn_;
  delta.text = std::move(chunk.written);
  delta.spoken = std::move(form);
  clauses_.push(std::move(delta));
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
