// SPDX-License-Identifier: Apache-2.0
#include "service/recognition/recognition_pipeline.h"

#include <utility>

#include "operators/asr/asr_operator.h"
#include "operators/asr/streaming_asr_operator.h"
#include "operators/audio/decode_operator.h"
#include "operators/audio/resample_operator.h"
#include "operators/vad/vad_operator.h"

namespace parley::service {
namespace {

std::unique_ptr<graph::Operator> partials_of(const RecognitionContext& context,
                                             const RecognitionState& state, Counter& left_out) {
  using operators::StreamingAsrOperator;
  if (!state.is_streamed) {
    return std::make_unique<operators::PartialOperator>(context.asr, state.audio, state.partial,
                                                        left_out);
  }
  return std::make_unique<StreamingAsrOperator>(*context.streaming, state.audio, state.partial,
                                                state.streams_finals
                                                    ? StreamingAsrOperator::Makes::finals_too
                                                    : StreamingAsrOperator::Makes::partials,
                                                left_out);
}

}  // namespace

Result<RecognitionPipeline> make_recognition_pipeline(const RecognitionContext& context,
                                                      RecognitionState& state, Counter& left_out,
                                                      const std::string& name,
                                                      const exec::Waker& waker) {
  RecognitionPipeline recognition;
  auto turn = std::make_unique<operators::TurnOperator>(
      state.turn, state.audio, operators::make_silence_detector(state.turn));
  recognition.turn = turn.get();

  graph::GraphSpec spec;
  spec.add("decode", std::make_unique<operators::DecodeOperator>(context.buffers));
  spec.add("resample",
           std::make_unique<operators::ResampleOperator>(model::kAsrRate, context.buffers));
  spec.add("noise",
           std::make_unique<operators::NoiseReductionOperator>(state.noise, context.buffers));
  spec.add("vad", std::make_unique<operators::VadOperator>(context.vad, state.turn));
  spec.add("turn", std::move(turn));
  spec.add("partial", partials_of(context, state, left_out));
  if (!state.streams_finals) {
    spec.add("asr", std::make_unique<operators::AsrOperator>(context.asr, state.audio,
                                                             state.language, state.asr));
    spec.connect("turn.events", "asr.events");
  }

  spec.inlet<media::EncodedAudio>("input", "decode.input");
  spec.connect("decode.audio", "resample.audio");
  spec.connect("resample.audio", "noise.audio");
  spec.connect("noise.audio", "vad.audio");
  spec.connect("noise.audio", "turn.audio");
  spec.connect("vad.speech", "turn.speech");
  spec.connect("vad.speech", "partial.speech");
  spec.connect("turn.events", "partial.events");
  spec.outlet<media::SpeechEvent>("windows", "vad.speech");
  spec.outlet<media::TurnEvent>("turns", "turn.events");
  spec.outlet<media::Transcript>("partials", "partial.partials");
  spec.outlet<media::Transcript>("finals",
                                 state.streams_finals ? "partial.transcripts" : "asr.transcripts");

  PARLEY_TRY(graph::Plan plan, graph::Plan::compile(std::move(spec)));
  PARLEY_TRY(recognition.pipeline,
             graph::Pipeline::open(std::move(plan), {.clock = context.clock,
                                                     .timers = context.timers,
                                                     .waker = waker,
                                                     .metrics = context.metrics,
                                                     .tap = context.tap,
                                                     .name = name}));
  graph::Pipeline& pipeline = *recognition.pipeline;
  recognition.input = &pipeline.inlet<media::EncodedAudio>("input");
  recognition.windows = &pipeline.outlet<media::SpeechEvent>("windows");
  recognition.turns = &pipeline.outlet<media::TurnEvent>("turns");
  recognition.partials = &pipeline.outlet<media::Transcript>("partials");
  recognition.finals = &pipeline.outlet<media::Transcript>("finals");
  return recognition;
}

}  // namespace parley::service
