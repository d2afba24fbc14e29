// SPDX-License-Identifier: Apache-2.0
#include "server/sherpa_models.h"

#include <filesystem>
#include <utility>

#include "model/streamed_asr.h"

#ifdef PARLEY_WITH_SHERPA
#include "backend/sherpa/sherpa_asr.h"
#include "backend/sherpa/sherpa_check.h"
#include "backend/sherpa/sherpa_speaker.h"
#include "backend/sherpa/sherpa_streaming_asr.h"
#endif

namespace parley::server {
namespace {

std::string folder_of(const Config& config, const std::string& name) {
  return models_root(config) + "/models/" + name;
}

#ifdef PARLEY_WITH_SHERPA

using backend::SherpaKind;
using backend::SherpaModel;

std::string library_of(const Config& config) {
  return models_root(config) + "/sdk/onnxruntime/lib/libsherpa-onnx-c-api.so";
}

Result<SherpaModel> described(const Config& config, const std::string& name) {
  return SherpaModel::load(folder_of(config, name));
}

Error of_another_kind(const SherpaModel& model, const std::string& wanted) {
  return {ErrorCode::invalid_argument, backend::sherpa_description_file(model.folder) +
                                           ": the family " + model.family + " is no " + wanted};
}

Status tried(const Config& config, const SherpaModel& model) {
  PARLEY_TRY(const std::string program, backend::find_sherpa_check());
  return backend::check_sherpa(
      program, {.kind = model.kind, .shared_object = library_of(config), .folder = model.folder});
}

Result<std::unique_ptr<model::StreamingAsrModel>> streaming_of(const Config& config,
                                                               SherpaModel model) {
  if (model.kind != SherpaKind::streaming) return of_another_kind(model, "streaming model");
  PARLEY_TRY_STATUS(tried(config, model));
  PARLEY_TRY(auto loaded, backend::SherpaStreamingAsr::load(library_of(config), std::move(model),
                                                            config.asr.hot_words));
  return std::unique_ptr<model::StreamingAsrModel>(std::move(loaded));
}

Result<std::unique_ptr<model::AsrModel>> recogniser_of(const Config& config,
                                                       const std::string& name) {
  PARLEY_TRY(SherpaModel model, described(config, name));
  if (model.kind == SherpaKind::speaker) return of_another_kind(model, "recogniser");
  if (model.kind == SherpaKind::streaming) {
    PARLEY_TRY(auto streaming, streaming_of(config, std::move(model)));
    return std::unique_ptr<model::AsrModel>(
        std::make_unique<model::StreamedAsr>(std::move(streaming)));
  }
  PARLEY_TRY_STATUS(tried(config, model));
  PARLEY_TRY(auto loaded,
             backend::SherpaAsr::load(library_of(config), std::move(model), config.asr.hot_words));
  return std::unique_ptr<model::AsrModel>(std::move(loaded));
}

Result<std::unique_ptr<model::StreamingAsrModel>> streaming_recogniser_of(const Config& config,
                                                                          const std::string& name) {
  PARLEY_TRY(SherpaModel model, described(config, name));
  return streaming_of(config, std::move(model));
}

Result<std::unique_ptr<model::SpeakerModel>> speaker_model_of(const Config& config,
                                                              const std::string& name) {
  PARLEY_TRY(SherpaModel model, described(config, name));
  if (model.kind != SherpaKind::speaker) return of_another_kind(model, "model of speakers");
  PARLEY_TRY_STATUS(tried(config, model));
  PARLEY_TRY(auto loaded, backend::SherpaSpeaker::load(library_of(config), std::move(model)));
  return std::unique_ptr<model::SpeakerModel>(std::move(loaded));
}

#else

Error not_built() {
  return {ErrorCode::failed_precondition, "this build has no sherpa-onnx (tools/deps fetches it)"};
}
Result<std::unique_ptr<model::AsrModel>> recogniser_of(const Config&, const std::string&) {
  return not_built();
}
Result<std::unique_ptr<model::StreamingAsrModel>> streaming_recogniser_of(const Config&,
                                                                          const std::string&) {
  return not_built();
}
Result<std::unique_ptr<model::SpeakerModel>> speaker_model_of(const Config&, const std::string&) {
  return not_built();
}

#endif

template <typename Loaded>
Result<Loaded> with_setting(Result<Loaded> loaded, const std::string& setting) {
  if (!loaded) return loaded.error().with_context(setting);
  return loaded;
}

}  // namespace

bool is_sherpa_model(const Config& config, const std::string& name) {
  return !name.empty() && std::filesystem::exists(folder_of(config, name) + "/sherpa.json");
}

Result<std::unique_ptr<model::AsrModel>> load_sherpa_asr(const Config& config,
                                                         const std::string& setting,
                                                         const std::string& name) {
  return with_setting(recogniser_of(config, name), setting);
}

Result<std::unique_ptr<model::StreamingAsrModel>> load_sherpa_streaming_asr(
    const Config& config, const std::string& setting, const std::string& name) {
  return with_setting(streaming_recogniser_of(config, name), setting);
}

Result<std::unique_ptr<model::SpeakerModel>> load_sherpa_speaker(const Config& config,
                                                                 const std::string& setting,
                                                                 const std::string& name) {
  return with_setting(speaker_model_of(config, name), setting);
}

}  // namespace parley::server
