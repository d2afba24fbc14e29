// SPDX-License-Identifier: Apache-2.0
//
// What a service that drives agents stands on, in one thread and in virtual time: fake models, and
// one enrolled speaker.
//
//   AgentFakes fakes({.llm = {.replies = {{.text = "Four."}}}, .heard = {"Two and two?"}});
//   CallService service(fakes.context(), fakes.runtime.executor, options);
//   fakes.speakers.answer(1.0F);     // it was the enrolled one
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/voice_agent.h"
#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "media/buffer_pool.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_llm.h"
#include "model/fakes/fake_tts.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "operators/bindings.h"
#include "tests/support/held_speakers.h"

namespace parley::test {

struct AgentFakesOptions {
  model::FakeLlmOptions llm = {};
  std::vector<std::string> heard = {};
  bool has_speakers = true;  // can be told apart
};

class AgentFakes {
 public:
  explicit AgentFakes(AgentFakesOptions options)
      : has_speakers_(options.has_speakers),
        asr_model_(std::move(options.heard)),
        llm(std::move(options.llm), runtime.executor, runtime.timers, runtime.clock) {}

  [[nodiscard]] agent::AgentContext context() {
    return {.clock = runtime.clock,
            .timers = runtime.timers,
            .buffers = buffers,
            .metrics = metrics,
            .vad = vad_,
            .asr = asr_,
            .llm = llm,
            .tts = tts_,
            .speakers = has_speakers_ ? &speakers : nullptr,
            .known_speakers = &known_speakers_};
  }
  /// What operators of graph files stand on.
  [[nodiscard]] operators::OperatorBindings bindings() {
    return {.buffers = buffers, .vad = &vad_, .asr = &asr_, .llm = &llm, .tts = &tts_};
  }
  /// What the model was told last by somebody.
  [[nodiscard]] std::string last_of(model::LlmMessage::Role role) {
    std::string text;
    for (const model::LlmMessage& message : llm.seen().last_prompt.messages) {
      if (message.role == role) text = message.text;
    }
    return text;
  }

  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool buffers;
  HeldSpeakerHost speakers;

 private:
  const bool has_speakers_;
  OneKnownSpeaker known_speakers_;
  model::FakeVadModel vad_model_;
  model::FakeAsrModel asr_model_;
  model::FakeTtsModel tts_model_;
  exec::Executor* executors_[1] = {&runtime.executor};
  model::VadModelHost vad_{vad_model_, {.name = "vad"}, runtime.executor, runtime.clock, metrics};
  model::AsrModelHost asr_{asr_model_, {.name = "asr"}, executors_, runtime.clock, metrics};
  model::TtsModelHost tts_{tts_model_, {.name = "tts"}, executors_, runtime.clock, metrics};

 public:
  model::FakeLlm llm;
};

}  // namespace parley::test
