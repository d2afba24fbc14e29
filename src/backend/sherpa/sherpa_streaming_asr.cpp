// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_streaming_asr.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <span>
#include <utility>

#include <sherpa-onnx/c-api/c-api.h>

#include "backend/sherpa/sherpa_hot_words.h"
#include "backend/sherpa/sherpa_library.h"
#include "backend/sherpa/sherpa_words.h"
#include "base/log.h"
#include "model/asr_model.h"

namespace parley::backend {
namespace {

using model::AsrStreamCall;

/// Silence behind an utterance, so that what is left of it fills a chunk: a zipformer whose chunks
/// are 640 ms looks at 770 ms at a time.
constexpr std::size_t kTailSamples = model::kAsrRate * 8 / 10;

/// The functions that we call, by the names of c-api.h.
struct Api {
  decltype(&SherpaOnnxCreateOnlineRecognizer) create = nullptr;
  decltype(&SherpaOnnxDestroyOnlineRecognizer) destroy = nullptr;
  decltype(&SherpaOnnxCreateOnlineStream) create_stream = nullptr;
  decltype(&SherpaOnnxCreateOnlineStreamWithHotwords) create_leaning = nullptr;
  decltype(&SherpaOnnxDestroyOnlineStream) destroy_stream = nullptr;
  decltype(&SherpaOnnxOnlineStreamAcceptWaveform) accept = nullptr;
  decltype(&SherpaOnnxOnlineStreamSetOption) set_option = nullptr;
  decltype(&SherpaOnnxOnlineStreamInputFinished) finish = nullptr;
  decltype(&SherpaOnnxIsOnlineStreamReady) is_ready = nullptr;
  decltype(&SherpaOnnxDecodeMultipleOnlineStreams) decode = nullptr;
  decltype(&SherpaOnnxGetOnlineStreamResult) result = nullptr;
  decltype(&SherpaOnnxDestroyOnlineRecognizerResult) destroy_result = nullptr;
};

Result<Api> find_all(const SherpaLibrary& library) {
  Api api;
  if (library.find("SherpaOnnxCreateOnlineRecognizer", api.create) &&
      library.find("SherpaOnnxDestroyOnlineRecognizer", api.destroy) &&
      library.find("SherpaOnnxCreateOnlineStream", api.create_stream) &&
      library.find("SherpaOnnxCreateOnlineStreamWithHotwords", api.create_leaning) &&
      library.find("SherpaOnnxDestroyOnlineStream", api.destroy_stream) &&
      library.find("SherpaOnnxOnlineStreamAcceptWaveform", api.accept) &&
      library.find("SherpaOnnxOnlineStreamSetOption", api.set_option) &&
      library.find("SherpaOnnxOnlineStreamInputFinished", api.finish) &&
      library.find("SherpaOnnxIsOnlineStreamReady", api.is_ready) &&
      library.find("SherpaOnnxDecodeMultipleOnlineStreams", api.decode) &&
      library.find("SherpaOnnxGetOnlineStreamResult", api.result) &&
      library.find("SherpaOnnxDestroyOnlineRecognizerResult", api.destroy_result)) {
    return api;
  }
  return library.not_known();
}

/// Its pointers are into `model`.
SherpaOnnxOnlineRecognizerConfig config_of(const SherpaModel& model) {
  SherpaOnnxOnlineRecognizerConfig config{};
  put_sherpa_files(model, sherpa_files(SherpaKind::streaming), &config.model_config);
  config.feat_config.sample_rate = model::kAsrRate;
  config.feat_config.feature_dim = 80;
  config.model_config.num_threads = 1;  // a host has as many workers as there are cores to be used
  config.model_config.provider = "cpu";
  config.model_config.model_type = model.model_type.c_str();
  config.decoding_method = "greedy_search";
  if (!model.modeling_unit.empty()) {
    config.decoding_method = "modified_beam_search";  // no other leans towards hot words
    config.model_config.modeling_unit = model.modeling_unit.c_str();
    config.max_active_paths = kSherpaPathsMax;
    config.hotwords_score = kSherpaHotWordsScore;
  }
  return config;
}

/// An utterance as sherpa keeps it.
class Memory final : public model::AsrMemory {
 public:
  using Stream = const SherpaOnnxOnlineStream;
  Memory(Stream* made, decltype(Api::destroy_stream) destroy) : stream_(made, destroy) {}
  [[nodiscard]] Stream* stream() const { return stream_.get(); }
  media::MediaTime heard;

 private:
  const std::unique_ptr<Stream, decltype(Api::destroy_stream)> stream_;
};

Memory& memory_of(AsrStreamCall& call) { return static_cast<Memory&>(*call.memory); }

class Recognizer final : public SherpaStreamingAsr {
 public:
  Recognizer(SherpaLibrary library, Api api, SherpaModel model,
             std::unique_ptr<const SherpaHotWords> hot_words,
             const SherpaOnnxOnlineRecognizer* recognizer)
      : library_(std::move(library)),
        api_(api),
        model_(std::move(model)),
        hot_words_(std::move(hot_words)),
        recognizer_(recognizer) {}
  ~Recognizer() override { api_.destroy(recognizer_); }
  Recognizer(const Recognizer&) = delete;
  Recognizer& operator=(const Recognizer&) = delete;

  void hear(std::span<AsrStreamCall* const> batch) noexcept override {
    try {
      for (AsrStreamCall* call : batch) take_audio(*call);
      while (decode_ready(batch)) {
      }
      for (AsrStreamCall* call : batch) tell(*call);
    } catch (...) {
      lose(batch, what_sherpa_threw());
    }
  }
  [[nodiscard]] std::string language() const override { return model_.language; }

 private:
  void take_audio(AsrStreamCall& call) const {
    call.status = {};
    call.text.clear();
    call.words.clear();
    call.tokens.clear();
    if (call.memory == nullptr) {
      call.memory = std::make_unique<Memory>(new_stream(call.hints), api_.destroy_stream);
    }
    Memory& memory = memory_of(call);
    accept(memory, call.audio);
    memory.heard += media::MediaTime::from_samples(static_cast<std::int64_t>(call.audio.size()),
                                                   model::kAsrRate);
    if (!call.is_last) return;
    accept(memory, std::vector<float>(kTailSamples, 0.0F));
    api_.set_option(memory.stream(), "is_final", "1");  // Paraformer: take what is no whole chunk
    api_.finish(memory.stream());
  }
  /// A word that sherpa does not take after all costs no utterance.
  [[nodiscard]] const SherpaOnnxOnlineStream* new_stream(const model::AsrHintsRef& hints) const {
    const std::string words = hot_words_->of(hints);
    try {
      if (!words.empty()) return api_.create_leaning(recognizer_, words.c_str());
    } catch (const std::exception& failure) {
      log::warn("hot words were not taken", {{"model", model_.folder}, {"why", failure.what()}});
    }
    return api_.create_stream(recognizer_);
  }
  void accept(const Memory& memory, std::span<const float> audio) const {
    if (audio.empty()) return;
    api_.accept(memory.stream(), model::kAsrRate, audio.data(),
                static_cast<std::int32_t>(audio.size()));
  }

  /// A chunk of each utterance that has one. False: none had.
  bool decode_ready(std::span<AsrStreamCall* const> batch) const {
    std::vector<const SherpaOnnxOnlineStream*> ready;
    for (AsrStreamCall* call : batch) {
      const Memory& memory = memory_of(*call);
      if (api_.is_ready(recognizer_, memory.stream()) != 0) ready.push_back(memory.stream());
    }
    if (ready.empty()) return false;
    api_.decode(recognizer_, ready.data(), static_cast<std::int32_t>(ready.size()));
    return true;
  }

  void tell(AsrStreamCall& call) const {
    const Memory& memory = memory_of(call);
    const std::unique_ptr<const SherpaOnnxOnlineRecognizerResult, decltype(api_.destroy_result)>
        result(api_.result(recognizer_, memory.stream()), api_.destroy_result);
    call.language = model_.language;
    if (result != nullptr) call.text = sherpa_text_of(result->text);
    if (!call.is_last) return;
    if (result != nullptr && result->tokens_arr != nullptr) {
      const std::span tokens(result->tokens_arr,
                             static_cast<std::size_t>(std::max(0, result->count)));
      const std::span times(result->timestamps, result->timestamps == nullptr ? 0 : tokens.size());
      call.words = sherpa_words({.tokens = tokens, .times = times, .lengths = {}}, memory.heard);
      call.tokens = sherpa_scores(result->json, tokens);
    }
    call.memory.reset();
  }

  /// What was decoded together is lost together: their states have gone into the run.
  void lose(std::span<AsrStreamCall* const> batch, const std::string& why) const noexcept {
    for (AsrStreamCall* call : batch) {
      call->memory.reset();
      call->text.clear();
      call->words.clear();
      call->tokens.clear();
      call->status = Error{ErrorCode::internal, model_.folder + ": " + why};
    }
  }

  const SherpaLibrary library_;
  const Api api_;
  const SherpaModel model_;
  const std::unique_ptr<const SherpaHotWords> hot_words_;
  const SherpaOnnxOnlineRecognizer* const recognizer_;
};

}  // namespace

Result<std::unique_ptr<SherpaStreamingAsr>> SherpaStreamingAsr::load(
    const std::string& path, SherpaModel model, std::vector<std::string> hot_words) {
  PARLEY_TRY(SherpaLibrary library, SherpaLibrary::open(path));
  PARLEY_TRY(const Api api, find_all(library));
  PARLEY_TRY(auto words, SherpaHotWords::make(model, std::move(hot_words)));
  const SherpaOnnxOnlineRecognizerConfig config = config_of(model);
  std::string reason = "sherpa-onnx does not take this model";
  const SherpaOnnxOnlineRecognizer* recognizer = nullptr;
  try {
    recognizer = api.create(&config);
  } catch (...) {
    reason = what_sherpa_threw();
  }
  if (recognizer == nullptr) {
    return Error{ErrorCode::data_corrupt, model.folder + ": " + reason};
  }
  return std::unique_ptr<SherpaStreamingAsr>(std::make_unique<Recognizer>(
      std::move(library), api, std::move(model), std::move(words), recognizer));
}

}  // namespace parley::backend
