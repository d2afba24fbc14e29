// SPDX-License-Identifier: Apache-2.0
#include "agent/voice_pipeline.h"

#include <utility>

#include "operators/asr/asr_operator.h"
#include "operators/asr/partial_operator.h"
#include "operators/audio/decode_operator.h"
#include "operators/audio/noise_reduction_operator.h"
#include "operators/audio/resample_operator.h"
#include "operators/tts/clause_operator.h"
#include "operators/tts/tts_operator.h"
#include "operators/turn/model_detector.h"
#include "operators/vad/vad_operator.h"

namespace parley::agent {

namespace {

using graph::GraphSpec;
using graph::Pipeline;
using graph::Plan;

/// audio → speech → turns → text.
operators::TurnOperator* add_listening(GraphSpec& spec, const ListeningContext& context,
                                       const AgentSettings& settings,
                                       operators::InputBuffer& input) {
  auto turn = std::make_unique<operators::TurnOperator>(
      settings.turn, input,
      std::make_unique<operators::ModelDetector>(settings.turn, input, context.turn));
  operators::TurnOperator* const turn_operator = turn.get();

  spec.add("decode", std::make_unique<operators::DecodeOperator>(context.buffers));
  spec.add("resample",
           std::make_unique<operators::ResampleOperator>(model::kAsrRate, context.buffers));
  spec.add("noise",
           std::make_unique<operators::NoiseReductionOperator>(settings.noise, context.buffers));
  spec.add("vad", std::make_unique<operators::VadOperator>(context.vad, settings.turn));
  spec.add("turn", std::move(turn));
  // Each session takes a share of its own.
  const std::uint64_t owner = std::hash<std::string>()(context.name);
  spec.add("asr", std::make_unique<operators::AsrOperator>(
                      context.asr, input, settings.language,
                      operators::AsrOrder{.owner = owner, .hints = &settings.hints}));

  spec.inlet<media::EncodedAudio>("input", "decode.input");
  spec.connect("decode.audio", "resample.audio");
  spec.connect("resample.audio", "noise.audio");
  spec.connect("noise.audio", "vad.audio");
  spec.connect("noise.audio", "turn.audio");
  spec.connect("vad.speech", "turn.speech");
  spec.connect("turn.events", "asr.events");
  spec.outlet<media::TurnEvent>("turns", "turn.events");
  spec.outlet<media::Transcript>("transcripts", "asr.transcripts");
  return turn_operator;
}

/// What is being said, beside what was said.
void add_partials(GraphSpec& spec, const AgentContext& context, const AgentSettings& settings,
                  const operators::InputBuffer& input) {
  spec.add("partial", std::make_unique<operators::PartialOperator>(
                          context.asr, input, settings.partial,
                          operators::partials_left_out(context.metrics, "realtime")));
  spec.connect("vad.speech", "partial.speech");
  spec.connect("turn.events", "partial.events");
  spec.outlet<media::Transcript>("partials", "partial.partials");
}

struct Speaking {
  operators::LlmOperator* llm;
  operators::PlayoutOperator* playout;
};

/// prompt → text → clauses → audio → packets.
Speaking add_speaking(GraphSpec& spec, const AgentContext& context,
                      const operators::SpeechSettings& speech) {
  auto llm = std::make_unique<operators::LlmOperator>(context.llm);
  auto playout = std::make_unique<operators::PlayoutOperator>(context.buffers, speech);
  const Speaking speaking{llm.get(), playout.get()};

  spec.add("llm", std::move(llm));
  spec.add("clause", std::make_unique<operators::ClauseOperator>(speech));
  spec.add("tts", std::make_unique<operators::TtsOperator>(context.tts, speech));
  spec.add("playout", std::move(playout));

  spec.connect("llm.text", "clause.text");
  spec.connect("clause.clauses", "tts.clauses");
  spec.connect("tts.audio", "playout.audio");
  spec.outlet<media::TextDelta>("text", "llm.text");
  spec.outlet<media::ToolCall>("calls", "llm.calls");
  spec.outlet<media::GenerationEnd>("ends", "llm.ends");
  spec.outlet<media::TextDelta>("clauses", "clause.clauses");
  spec.outlet<media::TextDelta>("spoken", "tts.spoken");
  spec.outlet<media::EncodedAudio>("packets", "playout.packets");
  return speaking;
}

ListeningContext listening_part(const AgentContext& context) {
  return {.clock = context.clock,
          .timers = context.timers,
          .buffers = context.buffers,
          .metrics = context.metrics,
          .vad = context.vad,
          .asr = context.asr,
          .tap = context.tap,
          .watchdog = context.watchdog,
          .name = context.name,
          .turn = context.turn};
}

template <typename Context>  // AgentContext or ListeningContext
Result<std::unique_ptr<Pipeline>> open(GraphSpec spec, const Context& context,
                                       const exec::Waker& waker) {
  PARLEY_TRY(Plan plan, Plan::compile(std::move(spec)));
  return Pipeline::open(std::move(plan), {.clock = context.clock,
                                          .timers = context.timers,
                                          .waker = waker,
                                          .metrics = context.metrics,
                                          .tap = context.tap,
                                          .watchdog = context.watchdog,
                                          .name = context.name});
}

ReplyOutlets reply_outlets(Pipeline& pipeline) {
  return {.text = &pipeline.outlet<media::TextDelta>("text"),
          .calls = &pipeline.outlet<media::ToolCall>("calls"),
          .ends = &pipeline.outlet<media::GenerationEnd>("ends"),
          .clauses = &pipeline.outlet<media::TextDelta>("clauses"),
          .spoken = &pipeline.outlet<media::TextDelta>("spoken"),
          .packets = &pipeline.outlet<media::EncodedAudio>("packets")};
}

}  // namespace

Result<VoicePipeline> make_voice_pipeline(const AgentContext& context,
                                          const AgentSettings& settings,
                                          operators::InputBuffer& input,
                                          const operators::SpeechSettings& speech,
                                          const exec::Waker& waker) {
  GraphSpec spec;
  VoicePipeline voice;
  voice.turn = add_listening(spec, listening_part(context), settings, input);
  if (settings.has_partials) add_partials(spec, context, settings, input);
  const Speaking speaking = add_speaking(spec, context, speech);
  voice.llm = speaking.llm;
  voice.playout = speaking.playout;
  PARLEY_TRY(voice.pipeline, open(std::move(spec), context, waker));
  voice.input = &voice.pipeline->inlet<media::EncodedAudio>("input");
  voice.turns = &voice.pipeline->outlet<media::TurnEvent>("turns");
  voice.transcripts = &voice.pipeline->outlet<media::Transcript>("transcripts");
  if (settings.has_partials) {
    voice.partials = &voice.pipeline->outlet<media::Transcript>("partials");
  }
  voice.reply = reply_outlets(*voice.pipeline);
  return voice;
}

Result<ListeningPipeline> make_listening_pipeline(const ListeningContext& context,
                                                  const AgentSettings& settings,
                                                  operators::InputBuffer& input,
                                                  const exec::Waker& waker) {
  GraphSpec spec;
  ListeningPipeline listening;
  listening.turn = add_listening(spec, context, settings, input);
  spec.outlet<media::SpeechEvent>("windows", "vad.speech");
  PARLEY_TRY(listening.pipeline, open(std::move(spec), context, waker));
  return listening;
}

Result<ReplyPipeline> make_reply_pipeline(const AgentContext& context,
                                          const operators::SpeechSettings& speech,
                                          const exec::Waker& waker) {
  GraphSpec spec;
  ReplyPipeline reply;
  reply.llm = add_speaking(spec, context, speech).llm;
  PARLEY_TRY(reply.pipeline, open(std::move(spec), context, waker));
  reply.reply = reply_outlets(*reply.pipeline);
  return reply;
}

}  // namespace parley::agent
