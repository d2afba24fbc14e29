// SPDX-License-Identifier: Apache-2.0
#include "server/models.h"

#include <utility>

#include "backend/silero/silero_vad.h"
#include "model/energy_vad.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_llm.h"
#include "model/fakes/fake_speaker.h"
#include "model/fakes/fake_streaming_asr.h"
#include "model/fakes/fake_tts.h"
#include "model/fakes/fake_turn.h"
#include "model/fakes/fake_vad.h"
#include "model/voice_set.h"
#include "server/sherpa_models.h"

#ifdef PARLEY_WITH_ONNX
#include "backend/onnx/fsmn_vad.h"
#include "backend/onnx/ge2e_speaker.h"
#include "backend/onnx/moonshine_asr.h"
#include "backend/onnx/onnx_tensor_model.h"
#include "backend/onnx/piper_tts.h"
#include "backend/onnx/smart_turn.h"
#include "backend/onnx/whisper_asr.h"
#include "backend/phonemizer/phonemizer_process.h"
#endif
#ifdef PARLEY_WITH_LLAMA
#include "backend/llama/llama_host.h"
#endif
#ifdef PARLEY_WITH_SHERPA
#include "backend/sherpa/sherpa_check.h"
#include "backend/sherpa/sherpa_tts.h"
#endif
#ifdef PARLEY_WITH_REMOTE
#include "backend/remote/remote_asr_host.h"
#include "backend/remote/remote_llm_host.h"
#include "backend/remote/remote_tts_host.h"
#endif

namespace parley::server {
namespace {

/// The model that the pipeline is exercised with when the user names none.
constexpr std::string_view kDemonstrationLlm = "smollm2-135m-instruct";
constexpr std::string_view kVad = "silero-vad";
constexpr std::string_view kWhisper = "whisper-";  // and the size
constexpr std::string_view kFsmnVad = "fsmn-vad";
constexpr std::string_view kSpeaker = "ge2e";
[[maybe_unused]] constexpr std::string_view kTurn = "smart-turn-v3";

std::string model_folder(const Config& config, std::string_view name) {
  return models_root(config) + "/models/" + std::string(name);
}

/// Whatever is wrong with a file of ours, fetching it again mends it.
Error with_advice(Error error) {
  error.message += " (tools/deps fetches the models, and again what is damaged)";
  return error;
}

[[maybe_unused]] Error not_built(std::string_view what) {
  return {ErrorCode::failed_precondition,
          "this build has no " + std::string(what) + ": set models.fake to run without it"};
}

}  // namespace

std::vector<std::string> model_names(const Config& config) {
  std::vector<std::string> names{
      config.llm.model.empty() ? std::string(kDemonstrationLlm) : config.llm.model,
      recognizer_name(config), config.tts.voice};
  names.insert(names.end(), config.tts.voices.begin(), config.tts.voices.end());
  return names;
}

namespace {

/// Nobody but ModelScope gives the files away, so no set-up fetches them.
Result<std::unique_ptr<model::VadModel>> load_fsmn_vad([[maybe_unused]] const Config& config) {
#ifdef PARLEY_WITH_ONNX
  auto loaded = backend::FsmnVad::load(fsmn_vad_folder(config));
  if (loaded) return std::unique_ptr<model::VadModel>(std::move(*loaded));
  Error error = std::move(loaded).error();
  error.message +=
      " (vad.model is fsmn: put am.mvn and model.onnx of ModelScope's "
      "speech_fsmn_vad_zh-cn-16k-common there, or name their folder with vad.path)";
  return error;
#else
  return not_built("FSMN-VAD: set vad.model to silero or energy, or");
#endif
}

}  // namespace

std::string fsmn_vad_folder(const Config& config) {
  return config.vad.path.empty() ? model_folder(config, kFsmnVad) : config.vad.path;
}

Result<std::unique_ptr<model::VadModel>> load_vad(const Config& config) {
  if (config.models.fake) return std::unique_ptr<model::VadModel>(new model::FakeVadModel);
  if (config.vad.model == "energy") return std::unique_ptr<model::VadModel>(new model::EnergyVad);
  if (config.vad.model == "fsmn") return load_fsmn_vad(config);
  auto loaded = backend::SileroVad::load(model_folder(config, kVad) + "/silero_vad_16k_op15.onnx");
  if (!loaded) return with_advice(std::move(loaded).error());
  return std::unique_ptr<model::VadModel>(std::move(*loaded));
}

#ifdef PARLEY_WITH_ONNX
namespace {

/// tools/deps brings it only when it is told to.
Result<std::unique_ptr<model::AsrModel>> load_whisper(const Config& config) {
  auto loaded =
      backend::WhisperAsr::load(model_folder(config, config.asr.model), config.asr.hot_words);
  if (loaded) return std::unique_ptr<model::AsrModel>(std::move(*loaded));
  Error error = std::move(loaded).error();
  error.message += " (`tools/deps --with languages` fetches " + std::string(kWhisper) +
                   "base, and again what is damaged)";
  return error;
}

}  // namespace
#endif

const std::string& recognizer_name(const Config& config) {
  return config.asr.url.empty() ? config.asr.model : config.asr.remote_model;
}

bool is_multilingual_asr(const Config& config) {
  if (!config.asr.url.empty()) return true;
  return config.asr.model.starts_with(kWhisper) && !config.asr.model.ends_with(".en");
}

bool is_translating_asr(const Config& config) {
  // Sockets do not: nobody asks them to.
  return is_multilingual_asr(config) && !config.asr.url.starts_with("ws");
}

Result<RemoteAsrPlace> remote_asr_place([[maybe_unused]] const Config& config) {
#ifdef PARLEY_WITH_REMOTE
  PARLEY_TRY(const auto protocol,
             backend::remote_asr_protocol(config.asr.protocol, config.asr.url));
  return RemoteAsrPlace{.url = backend::http_url_of(config.asr.url),
                        .is_socket = protocol != backend::RemoteAsrProtocol::openai};
#else
  return not_built("client for asr.url");
#endif
}

namespace {

Status check_hot_words(const Config& config) {
  const std::vector<std::string>& words = config.asr.hot_words;
  if (words.size() > model::kHotWordsMax) {
    return Error{ErrorCode::invalid_argument, "asr.hot_words: " + std::to_string(words.size()) +
                                                  " words are more than " +
                                                  std::to_string(model::kHotWordsMax)};
  }
  for (const std::string& word : words) {
    if (word.size() <= model::kHotWordBytesMax) continue;
    return Error{ErrorCode::invalid_argument,
                 "asr.hot_words: '" + word + "' has " + std::to_string(word.size()) +
                     " bytes. Expected at most " + std::to_string(model::kHotWordBytesMax)};
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<model::AsrHost>> open_remote_asr([[maybe_unused]] const Config& config,
                                                        [[maybe_unused]] const Clock& clock,
                                                        [[maybe_unused]] Metrics& metrics) {
  PARLEY_TRY_STATUS(check_hot_words(config));
#ifdef PARLEY_WITH_REMOTE
  backend::RemoteAsrOptions options;
  options.url = config.asr.url;
  PARLEY_TRY(options.protocol, backend::remote_asr_protocol(config.asr.protocol, config.asr.url));
  options.model = config.asr.remote_model;
  options.api_key = config.asr.api_key;
  options.hot_words = config.asr.hot_words;
  options.answer_timeout = Millis(config.asr.timeout_ms);
  options.partial_interval = Millis(config.asr.partial_ms);
  options.takes_early_calls = config.asr.early;
  auto host = backend::RemoteAsrHost::open(std::move(options), clock, metrics);
  if (!host) return std::move(host).error();
  return std::unique_ptr<model::AsrHost>(std::move(*host));
#else
  return not_built("client for asr.url");
#endif
}

Result<std::unique_ptr<model::AsrModel>> load_asr(const Config& config) {
  PARLEY_TRY_STATUS(check_hot_words(config));
  if (config.models.fake) return std::unique_ptr<model::AsrModel>(new model::FakeAsrModel);
  if (is_sherpa_model(config, config.asr.model)) {
    return load_sherpa_asr(config, "asr.model", config.asr.model);
  }
#ifdef PARLEY_WITH_ONNX
  if (config.asr.model.starts_with(kWhisper)) return load_whisper(config);
  auto loaded =
      backend::MoonshineAsr::load(model_folder(config, config.asr.model), config.asr.hot_words);
  if (!loaded) return with_advice(std::move(loaded).error());
  return std::unique_ptr<model::AsrModel>(std::move(*loaded));
#else
  return not_built("speech recognition");
#endif
}

Result<std::unique_ptr<model::StreamingAsrModel>> load_streaming_asr(const Config& config) {
  if (config.models.fake) {
    return std::unique_ptr<model::StreamingAsrModel>(new model::FakeStreamingAsrModel);
  }
  return load_sherpa_streaming_asr(config, "asr.streaming_model", config.asr.streaming_model);
}

Result<std::unique_ptr<model::TurnModel>> load_turn(const Config& config) {
  if (config.models.fake) return std::unique_ptr<model::TurnModel>(new model::FakeTurnModel);
#ifdef PARLEY_WITH_ONNX
  auto loaded = backend::SmartTurn::load(model_folder(config, kTurn) + "/smart-turn-v3.2-cpu.onnx");
  if (!loaded) return with_advice(std::move(loaded).error());
  return std::unique_ptr<model::TurnModel>(std::move(*loaded));
#else
  return not_built("semantic turn detection");
#endif
}

Result<std::unique_ptr<model::SpeakerModel>> load_speaker(const Config& config) {
  if (config.models.fake) return std::unique_ptr<model::SpeakerModel>(new model::FakeSpeakerModel);
  if (config.speakers.model != kSpeaker) {
    return load_sherpa_speaker(config, "speakers.model", config.speakers.model);
  }
#ifdef PARLEY_WITH_ONNX
  auto loaded = backend::Ge2eSpeaker::load(model_folder(config, kSpeaker) + "/ge2e.onnx");
  if (!loaded) return with_advice(std::move(loaded).error());
  return std::unique_ptr<model::SpeakerModel>(std::move(*loaded));
#else
  return not_built("model of speakers: set speakers.model to off, or");
#endif
}

Result<model::VoiceNames> voice_names(const Config& config) {
  std::vector<std::string> names{config.tts.voice};
  names.insert(names.end(), config.tts.voices.begin(), config.tts.voices.end());
  auto made = model::VoiceNames::make(std::move(names), config.tts.voice_map);
  if (!made) return made.error().with_context("tts");
  return made;
}

#ifdef PARLEY_WITH_ONNX
namespace {

/// Voices and the process that makes their phonemes, which nobody else needs.
class SpeakingModel final : public model::TtsModel {
 public:
  SpeakingModel(std::unique_ptr<backend::PhonemizerProcess> phonemizer,
                std::unique_ptr<model::TtsModel> voices)
      : phonemizer_(std::move(phonemizer)), voices_(std::move(voices)) {}
  bool synthesize(model::TtsCall& call) noexcept override { return voices_->synthesize(call); }
  [[nodiscard]] int rate() const noexcept override { return voices_->rate(); }

 private:
  const std::unique_ptr<backend::PhonemizerProcess> phonemizer_;
  const std::unique_ptr<model::TtsModel> voices_;
};

/// One whose folder has a sherpa.json is sherpa-onnx's; others are Piper's.
Result<std::unique_ptr<model::TtsModel>> load_voice(const Config& config, const std::string& name,
                                                    backend::Phonemizer& phonemizer) {
  const std::string folder = model_folder(config, name);
#ifdef PARLEY_WITH_SHERPA
  if (is_sherpa_model(config, name)) {
    const std::string library =
        models_root(config) + "/sdk/onnxruntime/lib/libsherpa-onnx-c-api.so";
    PARLEY_TRY(const std::string check, backend::find_sherpa_check());
    PARLEY_TRY_STATUS(backend::check_sherpa(
        check, {.kind = backend::SherpaKind::voice, .shared_object = library, .folder = folder}));
    PARLEY_TRY(auto voice, backend::SherpaTts::load(library, folder, phonemizer));
    return std::unique_ptr<model::TtsModel>(std::move(voice));
  }
#endif
  auto voice = backend::PiperTts::load(folder, phonemizer);
  if (!voice) return with_advice(std::move(voice).error());
  return std::unique_ptr<model::TtsModel>(std::move(*voice));
}

}  // namespace
#endif

Result<std::unique_ptr<model::TtsModel>> load_tts(const Config& config,
                                                  [[maybe_unused]] Metrics& metrics) {
  PARLEY_TRY(model::VoiceNames names, voice_names(config));
  if (config.models.fake) return std::unique_ptr<model::TtsModel>(new model::FakeTtsModel);
#ifdef PARLEY_WITH_ONNX
  PARLEY_TRY(std::string program, backend::find_phonemizer(""));
  auto phonemizer = std::make_unique<backend::PhonemizerProcess>(
      backend::PhonemizerOptions{.program = std::move(program)}, metrics);
  std::vector<std::unique_ptr<model::TtsModel>> voices;
  for (const std::string& name : names.names()) {
    PARLEY_TRY(auto voice, load_voice(config, name, *phonemizer));
    voices.push_back(std::move(voice));
  }
  PARLEY_TRY(std::unique_ptr<model::TtsModel> set,
             model::VoiceSet::make(std::move(names), std::move(voices)));
  return std::unique_ptr<model::TtsModel>(new SpeakingModel(std::move(phonemizer), std::move(set)));
#else
  return not_built("speech synthesis");
#endif
}

Result<std::unique_ptr<model::TtsHost>> open_remote_tts([[maybe_unused]] const Config& config,
                                                        [[maybe_unused]] Metrics& metrics) {
#ifdef PARLEY_WITH_REMOTE
  backend::RemoteTtsOptions options;
  options.url = config.tts.url;
  options.model = config.tts.model;
  options.api_key = config.tts.api_key;
  options.our_voice = Config().tts.voice;
  if (config.tts.voice != options.our_voice) options.voice = config.tts.voice;
  auto host = backend::RemoteTtsHost::open(std::move(options), metrics);
  if (!host) return std::move(host).error();
  return std::unique_ptr<model::TtsHost>(std::move(*host));
#else
  return not_built("client for tts.url");
#endif
}

Result<std::unique_ptr<model::TensorModel>> load_tensor_model(
    [[maybe_unused]] const std::string& file, [[maybe_unused]] media::BufferPool& buffers,
    [[maybe_unused]] const model::Placement& placement) {
#ifdef PARLEY_WITH_ONNX
  return backend::OnnxTensorModel::load(file, buffers, placement);
#else
  return Error{ErrorCode::failed_precondition, file + ": this build has no ONNX Runtime"};
#endif
}

namespace {

[[maybe_unused]] bool is_path(std::string_view name) {
  return name.find('/') != std::string_view::npos || name.ends_with(".gguf");
}

Result<std::unique_ptr<model::LlmHost>> open_local_llm(
    [[maybe_unused]] const Config& config, [[maybe_unused]] const LlmSurroundings& around) {
#ifdef PARLEY_WITH_LLAMA
  const std::string name =
      config.llm.model.empty() ? std::string(kDemonstrationLlm) : config.llm.model;
  backend::LlamaOptions options;
  options.model_path = is_path(name) ? name : model_folder(config, name) + "/model.gguf";
  if (name == kDemonstrationLlm) {
    options.name = "SmolLM2-135M (demonstration)";
    options.is_demonstration = true;
  }
  options.context_tokens_max = config.llm.context_tokens;
  options.output_tokens_max = config.llm.max_tokens;
  auto host = backend::LlamaHost::open(std::move(options), around.executor, around.timers,
                                       around.clock, around.metrics);
  if (!host) return with_advice(std::move(host).error());
  return std::unique_ptr<model::LlmHost>(std::move(*host));
#else
  return not_built("language model; name an endpoint with llm.url, or");
#endif
}

Result<std::unique_ptr<model::LlmHost>> open_remote_llm(
    [[maybe_unused]] const Config& config, [[maybe_unused]] const LlmSurroundings& around) {
#ifdef PARLEY_WITH_REMOTE
  backend::RemoteLlmOptions options;
  options.url = config.llm.url;
  options.model = config.llm.model;
  options.api_key = config.llm.api_key;
  options.first_token_timeout = Millis(config.llm.first_token_timeout_ms);
  options.next_token_timeout = Millis(config.llm.token_timeout_ms);
  auto host = backend::RemoteLlmHost::open(std::move(options), around.metrics);
  if (!host) return std::move(host).error();
  return std::unique_ptr<model::LlmHost>(std::move(*host));
#else
  return not_built("client for llm.url");
#endif
}

}  // namespace

Result<std::unique_ptr<model::LlmHost>> open_llm(const Config& config,
                                                 const LlmSurroundings& around) {
  if (!config.llm.url.empty()) return open_remote_llm(config, around);
  if (!config.models.fake) return open_local_llm(config, around);
  return std::unique_ptr<model::LlmHost>(
      new model::FakeLlm({}, around.executor, around.timers, around.clock));
}

}  // namespace parley::server
