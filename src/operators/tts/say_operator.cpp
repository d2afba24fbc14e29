// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/say_operator.h"

#include <optional>
#include <utility>

#include "operators/tts/spoken_delta.h"

namespace parley::operators {

using graph::Progress;

Result<Progress> SayOperator::process(graph::ProcessContext& context) {
  while (transcripts_.peek() != nullptr) take(transcripts_.pop(), context);
  while (is_open_ || !waiting_.empty()) {
    if (!clauses_.has_room()) return Progress::blocked;
    if (!is_open_) {
      begin(context);
    } else if (std::optional<text::SpokenChunk> chunk = spoken_.next()) {
      clauses_.push(spoken_delta(std::move(*chunk), turn_));
    } else {
      end();
    }
  }
  return Progress::need_input;
}

void SayOperator::take(media::Transcript heard, graph::ProcessContext& context) {
  if (!heard.is_final || heard.text.empty()) return;
  waiting_.push_back(std::move(heard));
  if (waiting_.size() <= kUtterancesToSayMax) return;
  waiting_.pop_front();
  context.report({ErrorCode::resource_exhausted, "speech is behind by more than " +
                                                     std::to_string(kUtterancesToSayMax) +
                                                     " utterances: the oldest is not said"});
}

void SayOperator::begin(graph::ProcessContext& context) {
  const media::Transcript heard = std::move(waiting_.front());
  waiting_.pop_front();
  spoken_ = text::SpokenText(options_);
  turn_ = heard.head.turn;
  Status taken = spoken_.append(heard.text);
  if (taken) taken = spoken_.finish();
  is_open_ = taken.has_value();
  if (!taken) context.report(taken.error().with_context("an utterance that is not said"));
}

void SayOperator::end() {
  media::TextDelta last;
  last.head.turn = turn_;
  last.head.is_last = true;
  clauses_.push(std::move(last));
  is_open_ = false;
}

}  // namespace parley::operators
