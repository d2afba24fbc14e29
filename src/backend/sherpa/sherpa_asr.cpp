// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_asr.h"

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

namespace parley::backend {
namespace {

/// Models stack frames of features, and some fail where there is not one stack of them.
constexpr std::size_t kSamplesMin = model::kAsrRate / 2;

/// The functions that we call, by the names of c-api.h.
struct Api {
  decltype(&SherpaOnnxCreateOfflineRecognizer) create = nullptr;
  decltype(&SherpaOnnxDestroyOfflineRecognizer) destroy = nullptr;
  decltype(&SherpaOnnxCreateOfflineStream) create_stream = nullptr;
  decltype(&SherpaOnnxCreateOfflineStreamWithHotwords) create_leaning = nullptr;
  decltype(&SherpaOnnxDestroyOfflineStream) destroy_stream = nullptr;
  decltype(&SherpaOnnxAcceptWaveformOffline) accept = nullptr;
  decltype(&SherpaOnnxDecodeOfflineStream) decode = nullptr;
  decltype(&SherpaOnnxGetOfflineStreamResult) result = nullptr;
  decltype(&SherpaOnnxDestroyOfflineRecognizerResult) destroy_result = nullptr;
};

Result<Api> find_all(const SherpaLibrary& library) {
  Api api;
  if (library.find("SherpaOnnxCreateOfflineRecognizer", api.create) &&
      library.find("SherpaOnnxDestroyOfflineRecognizer", api.destroy) &&
      library.find("SherpaOnnxCreateOfflineStream", api.create_stream) &&
      library.find("SherpaOnnxCreateOfflineStreamWithHotwords", api.create_leaning) &&
      library.find("SherpaOnnxDestroyOfflineStream", api.destroy_stream) &&
      library.find("SherpaOnnxAcceptWaveformOffline", api.accept) &&
      library.find("SherpaOnnxDecodeOfflineStream", api.decode) &&
      library.find("SherpaOnnxGetOfflineStreamResult", api.result) &&
      library.find("SherpaOnnxDestroyOfflineRecognizerResult", api.destroy_result)) {
    return api;
  }
  return library.not_known();
}

/// Its pointers are into `model`.
SherpaOnnxOfflineRecognizerConfig config_of(const SherpaModel& model) {
  SherpaOnnxOfflineRecognizerConfig config{};
  put_sherpa_files(model, sherpa_files(SherpaKind::whole), &config.model_config);
  config.feat_config.sample_rate = model::kAsrRate;
  config.feat_config.feature_dim = 80;
  config.model_config.num_threads = 1;  // a host has as many workers as there are cores to be used
  config.model_config.provider = "cpu";
  config.model_config.model_type = model.model_type.c_str();
  config.model_config.whisper.language = model.language.c_str();
  config.model_config.whisper.task = "transcribe";
  config.model_config.whisper.tail_paddings = -1;  // what sherpa thinks best
  config.model_config.sense_voice.language =
      model.language.empty() ? "auto" : model.language.c_str();
  config.model_config.sense_voice.use_itn = model.writes_numbers ? 1 : 0;
  config.decoding_method = "greedy_search";
  if (!model.modeling_unit.empty()) {
    config.decoding_method = "modified_beam_search";  // no other leans towards hot words
    config.model_config.modeling_unit = model.modeling_unit.c_str();
    config.max_active_paths = kSherpaPathsMax;
    config.hotwords_score = kSherpaHotWordsScore;
  }
  return config;
}

class Recognizer final : public SherpaAsr {
 public:
  Recognizer(SherpaLibrary library, Api api, SherpaModel model,
             std::unique_ptr<const SherpaHotWords> hot_words,
             const SherpaOnnxOfflineRecognizer* recognizer)
      : library_(std::move(library)),
        api_(api),
        model_(std::move(model)),
        hot_words_(std::move(hot_words)),
        recognizer_(recognizer) {}
  ~Recognizer() override { api_.destroy(recognizer_); }
  Recognizer(const Recognizer&) = delete;
  Recognizer& operator=(const Recognizer&) = delete;

  void transcribe(model::AsrCall& call) noexcept override {
    clear(call);
    call.status = {};
    if (call.audio.size() > kSamplesMax) {
      call.status = Error{ErrorCode::invalid_argument,
                          "audio: " + std::to_string(call.audio.size()) +
                              " samples are more than " + std::to_string(kSamplesMax) + " (30 s)"};
      return;
    }
    if (call.audio.empty()) return;
    try {
      hear(call);
    } catch (...) {
      call.status = Error{ErrorCode::internal, model_.folder + ": " + what_sherpa_threw()};
    }
    if (call.cancelled()) call.status = Error{ErrorCode::cancelled, "cancelled"};
    if (!call.status) clear(call);
  }

 private:
  static void clear(model::AsrCall& call) noexcept {
    call.text.clear();
    call.detected_language.clear();
    call.emotion.clear();
    call.event.clear();
    call.words.clear();
    call.tokens.clear();
  }

  void hear(model::AsrCall& call) const {
    const auto end = media::MediaTime::from_samples(static_cast<std::int64_t>(call.audio.size()),
                                                    model::kAsrRate);
    call.audio.resize(std::max(call.audio.size(), kSamplesMin));
    const std::unique_ptr<const SherpaOnnxOfflineStream, decltype(api_.destroy_stream)> stream(
        new_stream(call.hints), api_.destroy_stream);
    api_.accept(stream.get(), model::kAsrRate, call.audio.data(),
                static_cast<std::int32_t>(call.audio.size()));
    api_.decode(recognizer_, stream.get());
    const std::unique_ptr<const SherpaOnnxOfflineRecognizerResult, decltype(api_.destroy_result)>
        result(api_.result(stream.get()), api_.destroy_result);
    if (result == nullptr) {
      call.status = Error{ErrorCode::internal, model_.folder + ": the model gave no result"};
      return;
    }
    tell(*result, end, call);
  }

  /// A word that sherpa does not take after all costs no utterance.
  [[nodiscard]] const SherpaOnnxOfflineStream* new_stream(const model::AsrHintsRef& hints) const {
    const std::string words = hot_words_->of(hints);
    try {
      if (!words.empty()) return api_.create_leaning(recognizer_, words.c_str());
    } catch (const std::exception& failure) {
      log::warn("hot words were not taken", {{"model", model_.folder}, {"why", failure.what()}});
    }
    return api_.create_stream(recognizer_);
  }

  void tell(const SherpaOnnxOfflineRecognizerResult& result, media::MediaTime end,
            model::AsrCall& call) const {
    call.text = sherpa_text_of(result.text);
    call.detected_language = sherpa_label(result.lang);
    if (call.detected_language.empty()) call.detected_language = model_.language;
    call.emotion = sherpa_label(result.emotion);
    call.event = sherpa_label(result.event);
    const auto count = static_cast<std::size_t>(std::max(0, result.count));
    const std::span tokens(result.tokens_arr, result.tokens_arr == nullptr ? 0 : count);
    const auto floats = [&](const float* values) {
      return std::span(values, values == nullptr ? 0 : tokens.size());
    };
    call.words = sherpa_words(
        {.tokens = tokens, .times = floats(result.timestamps), .lengths = floats(result.durations)},
        end);
    const std::span scores = floats(result.ys_log_probs);
    for (std::size_t i = 0; i < scores.size(); ++i) call.tokens.push_back({tokens[i], scores[i]});
  }

  const SherpaLibrary library_;
  const Api api_;
  const SherpaModel model_;
  const std::unique_ptr<const SherpaHotWords> hot_words_;
  const SherpaOnnxOfflineRecognizer* const recognizer_;
};

}  // namespace

Result<std::unique_ptr<SherpaAsr>> SherpaAsr::load(const std::string& path, SherpaModel model,
                                                   std::vector<std::string> hot_words) {
  PARLEY_TRY(SherpaLibrary library, SherpaLibrary::open(path));
  PARLEY_TRY(const Api api, find_all(library));
  PARLEY_TRY(auto words, SherpaHotWords::make(model, std::move(hot_words)));
  const SherpaOnnxOfflineRecognizerConfig config = config_of(model);
  std::string reason = "sherpa-onnx does not take this model";
  const SherpaOnnxOfflineRecognizer* recognizer = nullptr;
  try {
    recognizer = api.create(&config);
  } catch (...) {
    reason = what_sherpa_threw();
  }
  if (recognizer == nullptr) {
    return Error{ErrorCode::data_corrupt, model.folder + ": " + reason};
  }
  return std::unique_ptr<SherpaAsr>(std::make_unique<Recognizer>(
      std::move(library), api, std::move(model), std::move(words), recognizer));
}

}  // namespace parley::backend
