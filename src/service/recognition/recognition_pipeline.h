// SPDX-License-Identifier: Apache-2.0
//
// The way from audio to words as code: which operators there are and how they are connected.
// Threads: control, once per stream.
#pragma once

#include <memory>

#include "exec/strand.h"
#include "graph/pipeline.h"
#include "operators/asr/asr_operator.h"
#include "operators/asr/partial_operator.h"
#include "operators/audio/noise_reduction_operator.h"
#include "operators/turn/input_buffer.h"
#include "operators/turn/turn_operator.h"
#include "operators/turn/turn_settings.h"
#include "service/recognition/recognition_service.h"

namespace parley::service {

/// A stream's plain state; the pipeline reads it live.
struct RecognitionState {
  operators::NoiseSettings noise;
  operators::TurnSettings turn;
  operators::PartialSettings partial;
  std::string language;  // of finals
  operators::AsrOrder asr;
  bool is_streamed = false;     // the context's streaming model makes the partials
  bool streams_finals = false;  // and the finals
  model::AsrHintsRef hints;
  operators::InputBuffer audio;
};

struct RecognitionPipeline {
  std::unique_ptr<graph::Pipeline> pipeline;
  operators::TurnOperator* turn = nullptr;
  graph::Inlet<media::EncodedAudio>* input = nullptr;
  graph::Outlet<media::SpeechEvent>* windows = nullptr;  // what has been heard
  graph::Outlet<media::TurnEvent>* turns = nullptr;
  graph::Outlet<media::Transcript>* partials = nullptr;
  graph::Outlet<media::Transcript>* finals = nullptr;
};

/// `state` outlives the pipeline. `left_out` counts partials that were not made.
Result<RecognitionPipeline> make_recognition_pipeline(const RecognitionContext& context,
                                                      RecognitionState& state, Counter& left_out,
                                                      const std::string& name,
                                                      const exec::Waker& waker);

}  // namespace parley::service
