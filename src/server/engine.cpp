// SPDX-License-Identifier: Apache-2.0
#include "server/engine.h"

#include <algorithm>
#include <array>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "backend/tools/mcp_client.h"
#include "backend/tools/rule_llm.h"
#include "backend/tools/tools_file.h"
#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "graph/watchdog.h"
#include "model/model_host.h"
#include "operators/asr/partial_operator.h"
#include "server/models.h"
#include "server/moderation.h"
#include "server/phrases.h"
#include "server/tool_registry.h"
#include "text/lexicon.h"

namespace parley::server {
namespace {

/// Windows of 32 ms that wait, and pieces of utterances; a session has at most one of each.
constexpr std::size_t kVadQueueMax = 4096;
/// Utterances and clauses that wait; further ones fail their turn, and are counted.
constexpr std::size_t kSpeechQueueMax = 512;

/// Utterances that wait for a name: a final waits for it, too, 20 ms for each of them.
constexpr std::size_t kSpeakerQueueMax = 64;

/// Recognition comes in bursts, and others want the cores, too.
std::size_t asr_threads_count(const Config& config) {
  if (config.asr.threads > 0) return static_cast<std::size_t>(config.asr.threads);
  return std::max<std::size_t>(1, std::thread::hardware_concurrency() / 2);
}

/// A voice that speaks to many wants all cores; to one it says one clause at a time.
std::size_t tts_threads_count(const Config& config) {
  if (config.tts.threads > 0) return static_cast<std::size_t>(config.tts.threads);
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

/// Threads for the detector. One is enough for some thousand sessions that listen at once (0.27
/// cores for a thousand, `parley bench streams`); the others sleep until a whole batch waits.
std::size_t vad_threads_count() {
  constexpr std::size_t kMax = 4;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMax);
}

/// An operator's call takes microseconds. One that takes longer than this hangs, even where other
/// programs want the cores, too.
constexpr Millis kStall{1000};

/// Threads for one model, as its host wants them.
class Executors {
 public:
  Executors(const std::string& name, std::size_t count, exec::Slices slices = exec::Slices::usual) {
    for (std::size_t i = 0; i < count; ++i) {
      threads_.push_back(
          std::make_unique<exec::ThreadExecutor>("parley-" + name, std::vector<int>(), slices));
      pointers_.push_back(threads_.back().get());
    }
  }
  [[nodiscard]] std::span<exec::Executor* const> all() const { return pointers_; }
  [[nodiscard]] exec::Executor& first() const { return *pointers_.front(); }

 private:
  std::vector<std::unique_ptr<exec::ThreadExecutor>> threads_;
  std::vector<exec::Executor*> pointers_;
};

}  // namespace

// In the order of use: what is below uses what is above, and goes first.
struct Engine::Parts {
  Parts(const Config& config, Metrics& counts)
      : metrics(counts),
        asr_threads("asr", asr_threads_count(config)),
        tts_threads("tts", tts_threads_count(config)) {}

  Metrics& metrics;
  SteadyClock clock;
  media::BufferPool buffers;
  exec::TimerThread timers{clock};
  exec::WorkerPool pool{{.metrics = &metrics}};
  exec::CallerExecutor waiting;

  Executors vad_threads{"vad", vad_threads_count(), exec::Slices::brief};
  Executors turn_threads{"turn", 1};
  Executors asr_threads;
  std::optional<Executors> streaming_threads;  // nothing: no model hears while somebody speaks
  Executors tts_threads;
  Executors llm_thread{"llm", 1};
  std::optional<Executors> speaker_thread;                  // nothing: nobody is told apart
  exec::ThreadExecutor watchdog_thread{"parley-watchdog"};  // no worker: all of them may stall
  graph::Watchdog watchdog{{.stall = kStall}, clock, timers, watchdog_thread, metrics};

  std::unique_ptr<model::VadModel> vad_model;
  std::unique_ptr<model::TurnModel> turn_model;  // null when it was never fetched
  std::unique_ptr<model::AsrModel> asr_model;
  std::unique_ptr<model::StreamingAsrModel> streaming_model;  // of partials only; or null
  std::unique_ptr<model::TtsModel> tts_model;
  std::unique_ptr<model::SpeakerModel> speaker_model;  // null: nobody is told apart

  std::optional<text::Lexicon> lexicon;  // nothing: the user has none

  std::unique_ptr<model::VadHost> vad;
  std::unique_ptr<model::TurnHost> turn;
  std::unique_ptr<model::AsrHost> asr;
  std::unique_ptr<model::StreamingAsrHost> streaming;  // null: partials are `asr`'s
  bool streams_finals = false;                         // both are the same model's
  std::unique_ptr<model::SpeakerHost> speaker;         // likewise
  std::unique_ptr<model::TtsHost> tts;
  std::unique_ptr<Phrases> phrases;  // null: every phrase is made anew
  std::unique_ptr<model::LlmHost> llm;
  std::unique_ptr<model::ModerationHost> moderation;  // null: nothing is checked
  std::unique_ptr<model::ToolHost> tools;             // may be null
  std::vector<model::LlmTool> client_tools;
  std::unique_ptr<model::McpConnector> mcp;

  Status load_streaming(const Config& config);
  Status load_speakers(const Config& config);
  Status load_recognition(const Config& config);
  Status load_voice(const Config& config);
  Status load_tools(const Config& config);
  /// What sessions speak with.
  [[nodiscard]] model::TtsHost& voice() const { return phrases ? phrases->host() : *tts; }
};

/// A model of partials where one is named, or else the recogniser's own way to hear piece by piece.
Status Engine::Parts::load_streaming(const Config& config) {
  model::StreamingAsrModel* heard = asr_model ? asr_model->streaming() : nullptr;
  if (!config.asr.streaming_model.empty()) {
    PARLEY_TRY(streaming_model, load_streaming_asr(config));
    heard = streaming_model.get();
  }
  if (heard == nullptr) return {};
  streams_finals = streaming_model == nullptr;
  streaming_threads.emplace("stream", asr_threads_count(config));
  streaming = std::make_unique<model::StreamingAsrModelHost>(
      *heard,
      model::HostOptions{
          .name = "asr_stream", .queue_max = kVadQueueMax, .batch_max = heard->batch_max()},
      streaming_threads->all(), clock, metrics);
  return {};
}

Status Engine::Parts::load_speakers(const Config& config) {
  PARLEY_TRY(speaker_model, load_speaker(config));
  speaker_thread.emplace("speaker", 1);
  speaker = std::make_unique<model::SpeakerModelHost>(
      *speaker_model, model::HostOptions{.name = "speaker", .queue_max = kSpeakerQueueMax},
      speaker_thread->all(), clock, metrics);
  return {};
}

/// One of somebody else, or one here with a queue in front of it.
Status Engine::Parts::load_recognition(const Config& config) {
  if (!config.asr.url.empty()) {
    PARLEY_TRY(asr, open_remote_asr(config, clock, metrics));
    return load_streaming(config);
  }
  PARLEY_TRY(asr_model, load_asr(config));
  asr = std::make_unique<model::AsrModelHost>(
      *asr_model, model::HostOptions{.name = "asr", .queue_max = kSpeechQueueMax},
      asr_threads.all(), clock, metrics);
  return load_streaming(config);
}

/// Likewise.
Status Engine::Parts::load_voice(const Config& config) {
  if (!config.tts.url.empty()) {
    PARLEY_TRY(tts, open_remote_tts(config, metrics));
    return {};
  }
  PARLEY_TRY(tts_model, load_tts(config, metrics));
  tts = std::make_unique<model::TtsModelHost>(
      *tts_model, model::HostOptions{.name = "tts", .queue_max = kSpeechQueueMax},
      tts_threads.all(), clock, metrics);
  return {};
}

/// REQUIRES: the language model is there; it may get rules in front of it.
Status Engine::Parts::load_tools(const Config& config) {
  const bool is_demonstration = llm->is_demonstration();
  PARLEY_TRY(backend::ToolsFile file, backend::read_tools(config.tools.file));
  client_tools = std::move(file.of_client);
  mcp = std::make_unique<backend::McpClient>(
      backend::McpOptions{.allow_private = config.tools.allow_private, .ca_file = {}}, metrics);
  PARLEY_TRY(tools, open_tools(config, std::move(file), is_demonstration, {clock, metrics}));
  PARLEY_TRY(const bool has_builtin, has_builtin_tools(config, is_demonstration));
  if (has_builtin && (is_demonstration || config.models.fake)) {
    llm = std::make_unique<backend::RuleLlm>(std::move(llm));
  }
  return {};
}

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::load(const Config& config, Metrics& metrics,
                                             const Progress& progress, Needs needs) {
  auto parts = std::make_unique<Parts>(config, metrics);
  Parts& p = *parts;
  const auto announce = [&](std::string_view step) {
    if (progress) progress(step);
  };

  if (needs.listening) {
    announce("voice activity");
    PARLEY_TRY(p.vad_model, load_vad(config));
    p.vad = std::make_unique<model::VadModelHost>(
        *p.vad_model,
        model::HostOptions{
            .name = "vad", .queue_max = kVadQueueMax, .batch_max = p.vad_model->batch_max()},
        p.vad_threads.all(), p.clock, metrics);
  }
  if (needs.listening && needs.recognizing) {
    announce("speech recognition");
    PARLEY_TRY_STATUS(p.load_recognition(config));
  }
  if (needs.listening && needs.thinking) {
    announce("turn detection");
    Result<std::unique_ptr<model::TurnModel>> loaded = load_turn(config);
    if (loaded) {
      p.turn_model = std::move(*loaded);
      p.turn = std::make_unique<model::TurnModelHost>(
          *p.turn_model, model::HostOptions{.name = "turn", .queue_max = kSpeechQueueMax},
          p.turn_threads.all(), p.clock, metrics);
    } else if (loaded.error().code == ErrorCode::not_found) {
      log::warn("semantic_vad will end turns by silence", {{"why", loaded.error().message}});
    } else {
      return loaded.error();
    }
  }
  if (needs.listening && needs.thinking && config.speakers.model != "off") {
    announce("speakers");
    PARLEY_TRY_STATUS(p.load_speakers(config));
  }
  if (needs.speaking) {
    announce("voice");
    if (!config.tts.lexicon.empty()) {
      PARLEY_TRY(p.lexicon, text::Lexicon::load(config.tts.lexicon));
    }
    PARLEY_TRY_STATUS(p.load_voice(config));
    if (needs.remembering) {
      PARLEY_TRY(p.phrases, Phrases::make(config, *p.tts,
                                          {.executor = p.pool,
                                           .timers = p.timers,
                                           .clock = p.clock,
                                           .metrics = metrics,
                                           .lexicon = p.lexicon ? &*p.lexicon : nullptr}));
    }
  }
  if (needs.thinking) {
    announce("language model");
    PARLEY_TRY(p.moderation, open_moderation(config, p.clock, metrics));
    PARLEY_TRY(p.llm, open_llm(config, {p.llm_thread.first(), p.timers, p.clock, metrics}));
    PARLEY_TRY_STATUS(p.load_tools(config));
  }
  return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

agent::AgentContext Engine::agent_context() {
  Parts& p = *parts_;
  PARLEY_CHECK(p.vad && p.asr && p.tts && p.llm);
  return {.clock = p.clock,
          .timers = p.timers,
          .buffers = p.buffers,
          .metrics = p.metrics,
          .vad = *p.vad,
          .asr = *p.asr,
          .llm = *p.llm,
          .tts = p.voice(),
          .watchdog = &p.watchdog,
          .tools = p.tools.get(),
          .turn = p.turn.get(),
          .mcp = p.mcp.get(),
          .moderation = p.moderation.get(),
          .speakers = p.speaker.get()};
}

agent::ListeningContext Engine::listening_context() {
  PARLEY_CHECK(parts_->asr != nullptr);
  return listening_context(*parts_->asr);
}

agent::ListeningContext Engine::listening_context(model::AsrHost& asr) {
  Parts& p = *parts_;
  PARLEY_CHECK(p.vad != nullptr);
  return {.clock = p.clock,
          .timers = p.timers,
          .buffers = p.buffers,
          .metrics = p.metrics,
          .vad = *p.vad,
          .asr = asr,
          .watchdog = &p.watchdog,
          .turn = p.turn.get()};
}

const std::vector<model::LlmTool>& Engine::client_tools() const { return parts_->client_tools; }

model::TtsHost& Engine::tts() {
  PARLEY_CHECK(parts_->tts != nullptr);
  return parts_->voice();
}

service::SpeechContext Engine::speech_context() {
  Parts& p = *parts_;
  PARLEY_CHECK(p.tts != nullptr);
  return {.clock = p.clock,
          .timers = p.timers,
          .executor = p.pool,
          .buffers = p.buffers,
          .metrics = p.metrics,
          .tts = p.voice(),
          .lexicon = p.lexicon ? &*p.lexicon : nullptr};
}

service::RecognitionContext Engine::recognition_context() {
  Parts& p = *parts_;
  PARLEY_CHECK(p.vad != nullptr && p.asr != nullptr);
  return {.clock = p.clock,
          .timers = p.timers,
          .executor = p.pool,
          .buffers = p.buffers,
          .metrics = p.metrics,
          .vad = *p.vad,
          .asr = *p.asr,
          .speakers = p.speaker.get(),
          .streaming = p.streaming.get(),
          .streams_finals = p.streams_finals};
}

operators::OperatorBindings Engine::operator_bindings() {
  Parts& p = *parts_;
  return {.buffers = p.buffers,
          .vad = p.vad.get(),
          .asr = p.asr.get(),
          .llm = p.llm.get(),
          .tts = p.tts ? &p.voice() : nullptr,
          .partials_left_out = &operators::partials_left_out(p.metrics, "rooms")};
}

model::SpeakerHost* Engine::speakers() { return parts_->speaker.get(); }

model::VadHost& Engine::vad() {
  PARLEY_CHECK(parts_->vad != nullptr);
  return *parts_->vad;
}

exec::CallerExecutor& Engine::waiting() { return parts_->waiting; }

Phrases* Engine::phrases() { return parts_->phrases.get(); }

exec::WorkerPool& Engine::pool() { return parts_->pool; }
media::BufferPool& Engine::buffers() { return parts_->buffers; }
const SteadyClock& Engine::clock() const { return parts_->clock; }

agent::AgentSettings default_settings(const Config& config) {
  agent::AgentSettings settings;
  settings.instructions = config.llm.instructions;
  settings.speed = static_cast<float>(config.tts.speed);
  settings.any_seed = config.tts.cache.any_seed;
  settings.turn.threshold = static_cast<float>(config.turn.threshold);
  settings.turn.prefix_padding = Millis(config.turn.prefix_padding_ms);
  settings.turn.silence = Millis(config.turn.silence_ms);
  settings.turn.early_recognition = Millis(config.turn.early_asr_ms);
  settings.moderation = moderation_settings(config);
  settings.enrolled_only = config.speakers.gate == "enrolled";
  settings.playout_lead = Millis(config.playout.lead_ms);
  return settings;
}

service::RealtimeOptions realtime_options(const Config& config) {
  service::RealtimeOptions options;
  options.defaults = default_settings(config);
  options.sessions_max = static_cast<std::size_t>(config.limits.sessions);
  options.session_max = std::chrono::seconds(config.session.max_seconds);
  options.prices = {.currency = config.price.currency,
                    .input_text = config.price.input_text,
                    .input_audio = config.price.input_audio,
                    .input_cached = config.price.input_cached,
                    .output_text = config.price.output_text,
                    .output_audio = config.price.output_audio};
  options.budget = config.session.budget;
  options.speaker_score_min = static_cast<float>(config.speakers.threshold);
  options.seed = entropy_seed();
  return options;
}

service::RecognitionOptions recognition_options(const Config& config) {
  return {.streams_max = static_cast<std::size_t>(config.limits.recognition_streams),
          .backlog_max = Millis(config.asr.backlog_ms),
          .busy_max = config.asr.busy_max};
}

service::SpeechOptions speech_options(const Config& config) {
  return {.streams_max = static_cast<std::size_t>(config.limits.speech_streams),
          .backlog_max = Millis(config.tts.backlog_ms),
          .any_seed = config.tts.cache.any_seed};
}

service::XiaozhiOptions xiaozhi_options(const Config& config) {
  const service::RealtimeOptions usual = realtime_options(config);
  return {.defaults = usual.defaults,
          .sessions_max = usual.sessions_max,
          .session_max = usual.session_max,
          .prices = usual.prices,
          .seed = entropy_seed()};
}

service::CallOptions call_options(const Config& config) {
  const service::RealtimeOptions usual = realtime_options(config);
  return {.defaults = usual.defaults,
          .greeting = config.twilio.greeting,
          .sessions_max = usual.sessions_max,
          .session_max = usual.session_max,
          .prices = usual.prices,
          .seed = entropy_seed()};
}

service::OverheardOptions overheard_options(const Config& config) {
  return {.session_max = std::chrono::seconds(config.session.max_seconds), .seed = entropy_seed()};
}

}  // namespace parley::server
