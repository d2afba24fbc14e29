// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/asr_from_file.h"

#include <string>
#include <utility>

namespace parley::operators {

using graph::Progress;
using media::MediaTime;
using media::TurnEvent;

Result<Progress> AsrFromFile::process(graph::ProcessContext& context) {
  while (!has_to_wait() && audio_.peek() != nullptr) {
    const media::AudioFrame frame = audio_.pop();
    buffer.append(frame.head.pts, frame.samples.floats());
  }
  Result<Progress> progress = AsrOperator::process(context);
  if (std::exchange(has_lost_, false)) {
    context.report({.code = ErrorCode::resource_exhausted,
                    .message = "the beginning of an utterance is gone: its turn was found more "
                               "than " +
                               std::to_string(options.keep.count()) +
                               " ms after it, or it is longer than " +
                               std::to_string(kInputBufferMax.ms() / 1000) + " s"});
  }
  const MediaTime keep = MediaTime::from_ms(options.keep.count());
  if (!speaking_ && buffer.end() > keep) buffer.discard_before(buffer.end() - keep);
  return progress;
}

bool AsrFromFile::may_hear(const TurnEvent& event) {
  if (has_to_wait()) return false;
  const bool is_about_audio =
      event.kind == TurnEvent::Kind::paused || event.kind == TurnEvent::Kind::ended;
  if (is_about_audio && buffer.end() < event.head.pts) return false;
  if (event.kind == TurnEvent::Kind::ended && event.audio_begin < buffer.begin()) has_lost_ = true;
  speaking_ = event.kind != TurnEvent::Kind::ended && event.kind != TurnEvent::Kind::cleared;
  return true;
}

}  // namespace parley::operators
