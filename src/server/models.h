// SPDX-License-Identifier: Apache-2.0
//
// The models that the configuration names, loaded and checked, or their deterministic stand-ins
// (`models.fake`). The only place that knows which backends were built.
//
// Threads: one owner; the models themselves are shared, see model/.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "exec/timer.h"
#include "media/buffer_pool.h"
#include "model/asr_model.h"
#include "model/llm_model.h"
#include "model/placement.h"
#include "model/speaker_model.h"
#include "model/streaming_asr_model.h"
#include "model/tensor_model.h"
#include "model/tts_model.h"
#include "model/turn_model.h"
#include "model/vad_model.h"
#include "model/voice_names.h"

namespace parley::server {

/// What the configuration calls the models that speak, listen and answer.
[[nodiscard]] std::vector<std::string> model_names(const Config& config);

/// The voices that `load_tts` loads, and what clients call them.
[[nodiscard]] Result<model::VoiceNames> voice_names(const Config& config);

/// Where `vad.model: fsmn` looks for its files.
[[nodiscard]] std::string fsmn_vad_folder(const Config& config);

/// Each error names the file and says what to do.
[[nodiscard]] Result<std::unique_ptr<model::VadModel>> load_vad(const Config& config);
[[nodiscard]] Result<std::unique_ptr<model::TurnModel>> load_turn(const Config& config);
[[nodiscard]] Result<std::unique_ptr<model::AsrModel>> load_asr(const Config& config);
/// What `asr.streaming_model` names, which is not empty.
[[nodiscard]] Result<std::unique_ptr<model::StreamingAsrModel>> load_streaming_asr(
    const Config& config);
/// The recogniser knows many languages, and tells which it hears; one elsewhere may.
[[nodiscard]] bool is_multilingual_asr(const Config& config);
/// And it translates them to English.
[[nodiscard]] bool is_translating_asr(const Config& config);
/// Who recognises, as clients are told: `asr.model`, or the model of `asr.url`.
[[nodiscard]] const std::string& recognizer_name(const Config& config);
/// Where the recogniser of `asr.url` answers to HTTP, too.
struct RemoteAsrPlace {
  std::string url;
  bool is_socket = false;  // else an OpenAI-compatible endpoint
};
[[nodiscard]] Result<RemoteAsrPlace> remote_asr_place(const Config& config);
/// The recogniser of `asr.url`, which is not empty. `clock` and `metrics` must outlive the host.
[[nodiscard]] Result<std::unique_ptr<model::AsrHost>> open_remote_asr(const Config& config,
                                                                      const Clock& clock,
                                                                      Metrics& metrics);
/// What `speakers.model` names, which is not "off".
[[nodiscard]] Result<std::unique_ptr<model::SpeakerModel>> load_speaker(const Config& config);
/// `metrics` must outlive the model.
[[nodiscard]] Result<std::unique_ptr<model::TtsModel>> load_tts(const Config& config,
                                                                Metrics& metrics);

/// The endpoint of `tts.url`, which is not empty. `metrics` must outlive the host.
[[nodiscard]] Result<std::unique_ptr<model::TtsHost>> open_remote_tts(const Config& config,
                                                                      Metrics& metrics);

/// Any ONNX file, for graphs that name one; `placement` says on what it runs. `buffers` outlives
/// the model.
[[nodiscard]] Result<std::unique_ptr<model::TensorModel>> load_tensor_model(
    const std::string& file, media::BufferPool& buffers, const model::Placement& placement);

/// What a language model runs on; all of it must outlive the host.
struct LlmSurroundings {
  exec::Executor& executor;
  exec::TimerService& timers;
  const Clock& clock;
  Metrics& metrics;
};
/// The endpoint of `llm.url`, or else the model in this process.
[[nodiscard]] Result<std::unique_ptr<model::LlmHost>> open_llm(const Config& config,
                                                               const LlmSurroundings& around);

}  // namespace parley::server
