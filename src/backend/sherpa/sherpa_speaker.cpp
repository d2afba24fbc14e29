// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_speaker.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <sherpa-onnx/c-api/c-api.h>

#include "backend/sherpa/sherpa_library.h"
#include "base/sha256.h"

namespace parley::backend {
namespace {

constexpr std::size_t kDigestDigits = 8;
/// Less than a few frames of features, and a model has nothing to look at.
constexpr std::size_t kSamplesMin = model::kSpeakerRate / 2;

/// The functions that we call, by the names of c-api.h.
struct Api {
  decltype(&SherpaOnnxCreateSpeakerEmbeddingExtractor) create = nullptr;
  decltype(&SherpaOnnxDestroySpeakerEmbeddingExtractor) destroy = nullptr;
  decltype(&SherpaOnnxSpeakerEmbeddingExtractorDim) dimension = nullptr;
  decltype(&SherpaOnnxSpeakerEmbeddingExtractorCreateStream) create_stream = nullptr;
  decltype(&SherpaOnnxDestroyOnlineStream) destroy_stream = nullptr;
  decltype(&SherpaOnnxOnlineStreamAcceptWaveform) accept = nullptr;
  decltype(&SherpaOnnxOnlineStreamInputFinished) finish = nullptr;
  decltype(&SherpaOnnxSpeakerEmbeddingExtractorIsReady) is_ready = nullptr;
  decltype(&SherpaOnnxSpeakerEmbeddingExtractorComputeEmbedding) embed = nullptr;
  decltype(&SherpaOnnxSpeakerEmbeddingExtractorDestroyEmbedding) destroy_embedding = nullptr;
};

Result<Api> find_all(const SherpaLibrary& library) {
  Api api;
  if (library.find("SherpaOnnxCreateSpeakerEmbeddingExtractor", api.create) &&
      library.find("SherpaOnnxDestroySpeakerEmbeddingExtractor", api.destroy) &&
      library.find("SherpaOnnxSpeakerEmbeddingExtractorDim", api.dimension) &&
      library.find("SherpaOnnxSpeakerEmbeddingExtractorCreateStream", api.create_stream) &&
      library.find("SherpaOnnxDestroyOnlineStream", api.destroy_stream) &&
      library.find("SherpaOnnxOnlineStreamAcceptWaveform", api.accept) &&
      library.find("SherpaOnnxOnlineStreamInputFinished", api.finish) &&
      library.find("SherpaOnnxSpeakerEmbeddingExtractorIsReady", api.is_ready) &&
      library.find("SherpaOnnxSpeakerEmbeddingExtractorComputeEmbedding", api.embed) &&
      library.find("SherpaOnnxSpeakerEmbeddingExtractorDestroyEmbedding", api.destroy_embedding)) {
    return api;
  }
  return library.not_known();
}

/// False: it has no direction.
bool make_length_one(std::vector<float>& embedding) {
  const double square =
      std::inner_product(embedding.begin(), embedding.end(), embedding.begin(), 0.0);
  if (!(square > 0.0) || !std::isfinite(square)) return false;
  const auto scale = static_cast<float>(1.0 / std::sqrt(square));
  for (float& value : embedding) value *= scale;
  return true;
}

class Extractor final : public SherpaSpeaker {
 public:
  Extractor(SherpaLibrary library, Api api, std::string name,
            const SherpaOnnxSpeakerEmbeddingExtractor* extractor)
      : library_(std::move(library)), api_(api), name_(std::move(name)), extractor_(extractor) {}
  ~Extractor() override { api_.destroy(extractor_); }
  Extractor(const Extractor&) = delete;
  Extractor& operator=(const Extractor&) = delete;

  void embed(model::SpeakerCall& call) noexcept override {
    call.embedding.clear();
    call.status = check(call.audio);
    if (!call.status) return;
    try {
      call.status = embed_audio(call);
    } catch (...) {
      call.status = Error{ErrorCode::internal, name_ + ": " + what_sherpa_threw()};
    }
    if (call.cancelled()) call.status = Error{ErrorCode::cancelled, "cancelled"};
    if (!call.status) call.embedding.clear();
  }
  [[nodiscard]] std::size_t dimension() const noexcept override {
    return static_cast<std::size_t>(std::max(0, api_.dimension(extractor_)));
  }
  [[nodiscard]] std::string name() const override { return name_; }

 private:
  static Status check(std::span<const float> audio) {
    if (audio.size() > kSamplesMax) {
      return Error{ErrorCode::invalid_argument, "audio: " + std::to_string(audio.size()) +
                                                    " samples are more than " +
                                                    std::to_string(kSamplesMax) + " (60 s)"};
    }
    if (std::ranges::all_of(audio, [](float sample) { return sample == 0.0F; })) {
      return Error{ErrorCode::invalid_argument, "audio: there is nothing to be heard"};
    }
    return {};
  }

  Status embed_audio(model::SpeakerCall& call) const {
    call.audio.resize(std::max(call.audio.size(), kSamplesMin));
    const std::unique_ptr<const SherpaOnnxOnlineStream, decltype(api_.destroy_stream)> stream(
        api_.create_stream(extractor_), api_.destroy_stream);
    api_.accept(stream.get(), model::kSpeakerRate, call.audio.data(),
                static_cast<std::int32_t>(call.audio.size()));
    api_.finish(stream.get());
    if (api_.is_ready(extractor_, stream.get()) == 0) {
      return Error{ErrorCode::internal, name_ + ": the model wants more audio"};
    }
    const std::unique_ptr<const float, decltype(api_.destroy_embedding)> values(
        api_.embed(extractor_, stream.get()), api_.destroy_embedding);
    if (values == nullptr) return Error{ErrorCode::internal, name_ + ": there is no embedding"};
    call.embedding.assign(values.get(), values.get() + dimension());
    if (make_length_one(call.embedding)) return {};
    return Error{ErrorCode::internal, name_ + ": the embedding is nothing but zeros"};
  }

  const SherpaLibrary library_;
  const Api api_;
  const std::string name_;
  const SherpaOnnxSpeakerEmbeddingExtractor* const extractor_;
};

}  // namespace

Result<std::unique_ptr<SherpaSpeaker>> SherpaSpeaker::load(const std::string& path,
                                                           SherpaModel model) {
  PARLEY_TRY(SherpaLibrary library, SherpaLibrary::open(path));
  PARLEY_TRY(const Api api, find_all(library));
  PARLEY_TRY(const std::string digest, sha256_of_file(model.files.find("model")->second));
  SherpaOnnxSpeakerEmbeddingExtractorConfig config{};
  put_sherpa_files(model, sherpa_files(SherpaKind::speaker), &config);
  config.num_threads = 1;
  config.provider = "cpu";
  std::string reason = "sherpa-onnx does not take this model";
  const SherpaOnnxSpeakerEmbeddingExtractor* extractor = nullptr;
  try {
    extractor = api.create(&config);
  } catch (...) {
    reason = what_sherpa_threw();
  }
  if (extractor == nullptr) {
    return Error{ErrorCode::data_corrupt, model.folder + ": " + reason};
  }
  const std::string name = std::filesystem::path(model.folder).filename().string() + "-" +
                           digest.substr(0, kDigestDigits);
  return std::unique_ptr<SherpaSpeaker>(
      std::make_unique<Extractor>(std::move(library), api, name, extractor));
}

}  // namespace parley::backend
