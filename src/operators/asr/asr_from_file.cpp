// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/asr_from_file.h"

#include <string>
#include <utility>

namespace parley::operators {

using graph::Progress;
using media::TurnEvent;

Result<Progress> AsrFromFile::process(graph::ProcessContext& context) {
  while (!is_behind() && audio_.peek() != nullptr) {
    const media::AudioFrame frame = audio_.pop();
    buffer.append(frame.head.pts, frame.samples.floats());
  }
  Result<Progress> progress = AsrOperator::process(context);
  if (std::exchange(has_lost_, false)) {
    context.report({.code = ErrorCode::resource_exhausted,
                    .message = "the beginning of an utterance is gone: its turn was found more "
                               "than " +
                               std::to_string(kAudioBeforeSpeechMax.ms() / 1000) +
                               " s after it, or it is longer than " +
                               std::to_string(kInputBufferMax.ms() / 1000) + " s"});
  }
  if (!speaking_ && buffer.end() > kAudioBeforeSpeechMax) {
    buffer.discard_before(buffer.end() - kAudioBeforeSpeechMax);
  }
  return progress;
}

bool AsrFromFile::may_hear(const TurnEvent& event) {
  if (is_behind()) return false;
  const bool is_about_audio =
      event.kind == TurnEvent::Kind::paused || event.kind == TurnEvent::Kind::ended;
  if (is_about_audio && buffer.end() < event.head.pts) return false;
  if (event.kind == TurnEvent::Kind::ended && event.audio_begin < buffer.begin()) has_lost_ = true;
  speaking_ = event.kind != TurnEvent::Kind::ended && event.kind != TurnEvent::Kind::cleared;
  return true;
}

}  // namespace parley::operators
