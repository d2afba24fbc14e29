// SPDX-License-Identifier: Apache-2.0
#include "service/speech/speech_pipeline.h"

#include <utility>

#include "operators/audio/resample_operator.h"
#include "operators/tts/spoken_text_operator.h"
#include "operators/tts/tts_operator.h"

namespace parley::service {

namespace {

/// Parts of up to 2 s that wait at each place for a reader that is slow, besides what waits in its
/// connection.
constexpr std::size_t kPartsAhead = 2;

}  // namespace

Result<SpeechPipeline> make_speech_pipeline(const SpeechContext& context,
                                            const SpeechRequest& request,
                                            const operators::SpeechSettings& settings,
                                            const exec::Waker& waker) {
  text::TextOptions text;
  if (!request.language.empty()) text.language = request.language;
  text.ssml = request.ssml;
  text.normalise = request.normalise;
  text.lexicon = context.lexicon;
  const int rate = request.rate > 0 ? request.rate : context.tts.rate();

  graph::GraphSpec spec;
  spec.add("text", std::make_unique<operators::SpokenTextOperator>(std::move(text)));
  spec.add("tts", std::make_unique<operators::TtsOperator>(context.tts, settings));
  spec.add("resample",
           std::make_unique<operators::ResampleOperator>(rate, context.buffers, kPartsAhead));

  spec.inlet<media::TextDelta>("text", "text.text");
  spec.connect("text.clauses", "tts.clauses");
  spec.connect("tts.audio", "resample.audio");
  spec.outlet<media::TextDelta>("spoken", "tts.spoken");
  spec.outlet<media::AudioFrame>("audio", "resample.audio", {.capacity = kPartsAhead});

  PARLEY_TRY(graph::Plan plan, graph::Plan::compile(std::move(spec)));
  SpeechPipeline speech;
  PARLEY_TRY(speech.pipeline, graph::Pipeline::open(std::move(plan), {.clock = context.clock,
                                                                      .timers = context.timers,
                                                                      .waker = waker,
                                                                      .metrics = context.metrics,
                                                                      .tap = context.tap,
                                                                      .name = request.id}));
  speech.text = &speech.pipeline->inlet<media::TextDelta>("text");
  speech.spoken = &speech.pipeline->outlet<media::TextDelta>("spoken");
  speech.audio = &speech.pipeline->outlet<media::AudioFrame>("audio");
  return speech;
}

}  // namespace parley::service
