// SPDX-License-Identifier: Apache-2.0
#include "service/room/exact_speech.h"

#include <utility>

#include "base/log.h"

namespace parley::service {
namespace {

constexpr std::size_t kStepsPerLook = 64;
constexpr media::Turn kTurn{1};

}  // namespace

Result<std::unique_ptr<ExactSpeech>> ExactSpeech::make(const agent::AgentContext& context,
                                                       exec::Executor& executor, Text text,
                                                       const exec::Waker& waker) {
  std::unique_ptr<ExactSpeech> speech(new ExactSpeech(std::move(text)));
  const operators::SpeechSettings& settings = speech->text_.settings;
  const SpeechContext around{.clock = context.clock,
                             .timers = context.timers,
                             .executor = executor,
                             .buffers = context.buffers,
                             .metrics = context.metrics,
                             .tts = context.tts,
                             .tap = context.tap};
  SpeechRequest request;
  request.id = speech->text_.id;
  request.rate = settings.rate;
  PARLEY_TRY(speech->voice_, make_speech_pipeline(around, request, settings, waker));
  media::TextDelta words;
  words.head.turn = kTurn;
  words.text = speech->text_.words;
  speech->voice_.pipeline->set_turn(kTurn);
  speech->voice_.text->push(std::move(words));
  speech->voice_.pipeline->run(kStepsPerLook);
  media::TextDelta end;
  end.head.turn = kTurn;
  end.head.is_last = true;
  speech->voice_.text->push(std::move(end));
  return speech;
}

bool ExactSpeech::run(const Out& out) {
  bool more = true;
  while (more && !is_made_) {
    more = voice_.pipeline->run(kStepsPerLook);
    while (!voice_.spoken->empty()) out.clause(voice_.spoken->pop());
    while (!voice_.audio->empty()) {
      const media::AudioFrame frame = voice_.audio->pop();
      if (frame.samples.size() > 0) out.sound(frame.samples.floats());
      is_made_ |= frame.head.is_last;
      more = true;
    }
  }
  if (auto& errors = voice_.pipeline->errors(); !errors.empty()) {
    log::warn("words could not be said", {{"why", errors.pop().error.message}});
    is_made_ = true;
  }
  return is_made_;
}

}  // namespace parley::service
