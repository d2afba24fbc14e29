// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/spoken_delta.h"

#include <memory>
#include <utility>

namespace parley::operators {

media::TextDelta spoken_delta(text::SpokenChunk chunk, media::Turn turn) {
  auto form = std::make_shared<media::SpokenForm>();
  form->text = std::move(chunk.spoken);
  form->rate = chunk.rate;
  form->pause_before = media::MediaTime::from_ms(chunk.pause_before.count());
  form->spans.reserve(chunk.spans.size());
  for (const text::Span& span : chunk.spans) {
    form->spans.push_back(
        {span.written_begin, span.written_end, span.spoken_begin, span.spoken_end});
  }
  media::TextDelta delta;
  delta.head.turn = turn;
  delta.text = std::move(chunk.written);
  delta.spoken = std::move(form);
  return delta;
}

}  // namespace parley::operators
