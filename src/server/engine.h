// SPDX-License-Identifier: Apache-2.0
//
// Everything that sessions share, built from the configuration: threads, timers, buffers, models
// and the hosts in front of them. The server has one; so has every command that works offline.
//
//   Metrics metrics;
//   auto engine = Engine::load(config, metrics, [](std::string_view step) { … });
//   service::RealtimeService service((*engine)->agent_context(), (*engine)->pool(), options);
//
// Threads: load and destruction one owner, after every session has closed; the rest any.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "agent/agent_settings.h"
#include "agent/voice_agent.h"
#include "agent/voice_pipeline.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/caller_executor.h"
#include "exec/worker_pool.h"
#include "media/buffer_pool.h"
#include "model/speaker_model.h"
#include "operators/bindings.h"
#include "service/realtime/realtime_service.h"
#include "service/recognition/recognition_service.h"
#include "service/speech/speech_service.h"
#include "service/twilio/call_service.h"
#include "service/twilio/overheard_calls.h"
#include "service/xiaozhi/xiaozhi_service.h"

namespace parley::server {

class Phrases;

class Engine {
 public:
  /// Told what is being loaded, before it is: "voice activity".
  using Progress = std::function<void(std::string_view step)>;

  /// A command that only listens loads no voice.
  struct Needs {
    bool listening = true;     // voice activity and recognition
    bool speaking = true;      // the voice
    bool thinking = true;      // the language model; with listening, who speaks and when he is done
    bool recognizing = true;   // with listening; false: whoever listens brings a recogniser
    bool remembering = false;  // spoken phrases, as `tts.cache` says: for who speaks for long
  };

  /// Errors name the file at fault and what to do. `metrics` must outlive the engine.
  static Result<std::unique_ptr<Engine>> load(const Config& config, Metrics& metrics,
                                              const Progress& progress, Needs needs);
  static Result<std::unique_ptr<Engine>> load(const Config& config, Metrics& metrics,
                                              const Progress& progress) {
    return load(config, metrics, progress, Needs());
  }
  ~Engine();

  /// REQUIRES: everything was loaded.
  [[nodiscard]] agent::AgentContext agent_context();
  /// REQUIRES: loaded for listening, with recognition.
  [[nodiscard]] agent::ListeningContext listening_context();
  /// The same with another recogniser, which outlives every pipeline that is made of it.
  [[nodiscard]] agent::ListeningContext listening_context(model::AsrHost& asr);
  /// REQUIRES: loaded for speaking.
  [[nodiscard]] service::SpeechContext speech_context();
  /// REQUIRES: loaded for listening.
  [[nodiscard]] service::RecognitionContext recognition_context();
  /// What operators of graph files stand on here: the hosts that were loaded. They and their
  /// registry go before the engine.
  [[nodiscard]] operators::OperatorBindings operator_bindings();
  /// Null where nobody is told apart.
  [[nodiscard]] model::SpeakerHost* speakers();
  /// REQUIRES: loaded for listening.
  [[nodiscard]] model::VadHost& vad();
  /// For one thread that waits for calls of hosts; it outlives them.
  [[nodiscard]] exec::CallerExecutor& waiting();
  /// The functions of `tools.file` that clients run.
  [[nodiscard]] const std::vector<model::LlmTool>& client_tools() const;
  /// REQUIRES: loaded for speaking. The phrase cache, if there is one, is in front.
  [[nodiscard]] model::TtsHost& tts();
  /// Null where no spoken phrases are kept.
  [[nodiscard]] Phrases* phrases();
  [[nodiscard]] exec::WorkerPool& pool();
  [[nodiscard]] media::BufferPool& buffers();
  [[nodiscard]] const SteadyClock& clock() const;

 private:
  struct Parts;
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// The settings of a session before its client has said anything.
[[nodiscard]] agent::AgentSettings default_settings(const Config& config);
[[nodiscard]] service::RealtimeOptions realtime_options(const Config& config);
[[nodiscard]] service::RecognitionOptions recognition_options(const Config& config);
[[nodiscard]] service::SpeechOptions speech_options(const Config& config);
[[nodiscard]] service::CallOptions call_options(const Config& config);
[[nodiscard]] service::OverheardOptions overheard_options(const Config& config);
[[nodiscard]] service::XiaozhiOptions xiaozhi_options(const Config& config);

}  // namespace parley::server
