// SPDX-License-Identifier: Apache-2.0
//
// The way from text to speech as code: which operators there are and how they are connected.
// Threads: control, once per stream.
#pragma once

#include <memory>

#include "exec/strand.h"
#include "graph/pipeline.h"
#include "operators/tts/speech_settings.h"
#include "service/speech/speech_service.h"

namespace parley::service {

struct SpeechPipeline {
  std::unique_ptr<graph::Pipeline> pipeline;
  graph::Inlet<media::TextDelta>* text = nullptr;     // `is_last` ends a text
  graph::Outlet<media::TextDelta>* spoken = nullptr;  // chunks, each before its first audio
  graph::Outlet<media::AudioFrame>* audio = nullptr;  // at request.rate; `is_last` ends a text
};

/// `settings` is the stream's plain state and outlives the pipeline.
Result<SpeechPipeline> make_speech_pipeline(const SpeechContext& context,
                                            const SpeechRequest& request,
                                            const operators::SpeechSettings& settings,
                                            const exec::Waker& waker);

}  // namespace parley::service
