// SPDX-License-Identifier: Apache-2.0
//
// Words said exactly as they are given (a greeting, what somebody asks for by RPC), without a
// language model between: a speech pipeline on the session's own strand, for one text. Destroying
// it stops it.
//
// Threads: the session's strand.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "agent/voice_agent.h"
#include "exec/strand.h"
#include "operators/tts/speech_settings.h"
#include "service/speech/speech_pipeline.h"

namespace parley::service {

class ExactSpeech {
 public:
  struct Text {
    std::string id;  // of the conversation's item
    std::string words;
    operators::SpeechSettings settings;
  };
  /// Errors: those of the pipeline's operators.
  static Result<std::unique_ptr<ExactSpeech>> make(const agent::AgentContext& context,
                                                   exec::Executor& executor, Text text,
                                                   const exec::Waker& waker);

  struct Out {
    std::function<void(std::span<const float> samples)> sound;  // at settings.rate
    /// A clause of it, and when its words are heard, from the first sample.
    std::function<void(const media::TextDelta& clause)> clause;
  };
  /// Runs until nothing is left to do now. True: all has been made.
  bool run(const Out& out);
  [[nodiscard]] const Text& text() const noexcept { return text_; }

 private:
  explicit ExactSpeech(Text text) : text_(std::move(text)) {}

  const Text text_;
  SpeechPipeline voice_;
  bool is_made_ = false;
};

}  // namespace parley::service
