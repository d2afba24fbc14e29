// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_synthesizer.h"

#include <utility>

#include <sherpa-onnx/c-api/c-api.h>

#include "backend/sherpa/sherpa_library.h"
#include "codec/audio_file.h"

namespace parley::backend {
namespace {

/// The functions that we call, by the names of c-api.h.
struct Api {
  decltype(&SherpaOnnxCreateOfflineTts) create = nullptr;
  decltype(&SherpaOnnxDestroyOfflineTts) destroy = nullptr;
  decltype(&SherpaOnnxOfflineTtsSampleRate) rate = nullptr;
  decltype(&SherpaOnnxOfflineTtsNumSpeakers) speakers = nullptr;
  decltype(&SherpaOnnxOfflineTtsGenerateWithConfig) generate = nullptr;
  decltype(&SherpaOnnxDestroyOfflineTtsGeneratedAudio) destroy_audio = nullptr;
};

Result<Api> find_all(const SherpaLibrary& library) {
  Api api;
  if (library.find("SherpaOnnxCreateOfflineTts", api.create) &&
      library.find("SherpaOnnxDestroyOfflineTts", api.destroy) &&
      library.find("SherpaOnnxOfflineTtsSampleRate", api.rate) &&
      library.find("SherpaOnnxOfflineTtsNumSpeakers", api.speakers) &&
      library.find("SherpaOnnxOfflineTtsGenerateWithConfig", api.generate) &&
      library.find("SherpaOnnxDestroyOfflineTtsGeneratedAudio", api.destroy_audio)) {
    return api;
  }
  return library.not_known();
}

/// Its pointers are into `voice`.
SherpaOnnxOfflineTtsConfig config_of(const SherpaVoice& voice) {
  SherpaOnnxOfflineTtsConfig config{};
  put_sherpa_files(voice, sherpa_files(), &config.model);
  config.model.vits.noise_scale = config.model.matcha.noise_scale = voice.noise_scale;
  config.model.vits.noise_scale_w = voice.noise_w;
  config.model.vits.length_scale = config.model.matcha.length_scale = voice.length_scale;
  config.model.kokoro.length_scale = config.model.kitten.length_scale = voice.length_scale;
  // What the authors of ZipVoice recommend.
  config.model.zipvoice.feat_scale = 0.1F;
  config.model.zipvoice.t_shift = 0.5F;
  config.model.zipvoice.target_rms = 0.1F;
  config.model.zipvoice.guidance_scale = 1.0F;
  config.model.num_threads = 1;  // a host has as many workers as there are cores to be used
  config.model.provider = "cpu";
  config.max_num_sentences = 1;  // so that the first one is heard first
  config.silence_scale = 1.0F;
  return config;
}

class Synthesizer final : public SherpaSynthesizer {
 public:
  Synthesizer(SherpaLibrary library, Api api, const SherpaOnnxOfflineTts* tts,
              codec::AudioClip reference, std::string reference_text)
      : library_(std::move(library)),
        api_(api),
        tts_(tts),
        reference_(std::move(reference)),
        reference_text_(std::move(reference_text)) {}
  ~Synthesizer() override { api_.destroy(tts_); }
  Synthesizer(const Synthesizer&) = delete;
  Synthesizer& operator=(const Synthesizer&) = delete;

  [[nodiscard]] int rate() const noexcept override { return api_.rate(tts_); }
  [[nodiscard]] int speakers() const noexcept override { return api_.speakers(tts_); }

  Status speak(const SherpaText& text, int speaker, float speed,
               const OnAudio& on_audio) const override {
    SherpaOnnxGenerationConfig how{};
    how.silence_scale = 1.0F;
    how.speed = speed;
    how.sid = speaker;
    if (!reference_.samples.empty()) {
      how.reference_audio = reference_.samples.data();
      how.reference_audio_len = static_cast<std::int32_t>(reference_.samples.size());
      how.reference_sample_rate = reference_.rate;
      how.reference_text = reference_text_.c_str();
    }
    if (!text.sentence_lengths.empty()) {
      how.phoneme_codepoints = text.phonemes.data();
      how.phoneme_codepoints_lens = text.sentence_lengths.data();
      how.phoneme_codepoints_num_sentences =
          static_cast<std::int32_t>(text.sentence_lengths.size());
    }
    Heard heard{on_audio};
    const SherpaOnnxGeneratedAudio* const audio =
        api_.generate(tts_, text.text.c_str(), &how, on_sentence, &heard);
    if (audio != nullptr) api_.destroy_audio(audio);
    if (audio != nullptr || heard.was_stopped) return {};
    return Error{ErrorCode::internal, "the voice could not say this"};
  }

 private:
  struct Heard {
    const OnAudio& on_audio;
    bool was_stopped = false;
  };
  static std::int32_t on_sentence(const float* samples, std::int32_t count, float /*progress*/,
                                  void* heard) {
    auto& there = *static_cast<Heard*>(heard);
    there.was_stopped = !there.on_audio({samples, static_cast<std::size_t>(count)});
    return there.was_stopped ? 0 : 1;
  }

  const SherpaLibrary library_;
  const Api api_;
  const SherpaOnnxOfflineTts* const tts_;
  const codec::AudioClip reference_;
  const std::string reference_text_;
};

}  // namespace

Result<std::unique_ptr<SherpaSynthesizer>> SherpaSynthesizer::open(const std::string& path,
                                                                   const SherpaVoice& voice) {
  PARLEY_TRY(SherpaLibrary library, SherpaLibrary::open(path));
  PARLEY_TRY(const Api api, find_all(library));
  codec::AudioClip reference;
  if (!voice.reference_audio.empty()) {
    PARLEY_TRY(reference, codec::read_audio_file(voice.reference_audio));
  }
  const SherpaOnnxOfflineTtsConfig config = config_of(voice);
  const SherpaOnnxOfflineTts* const tts = api.create(&config);
  if (tts == nullptr) {
    return Error{ErrorCode::data_corrupt, voice.folder + ": sherpa-onnx does not take this voice"};
  }
  return std::unique_ptr<SherpaSynthesizer>(std::make_unique<Synthesizer>(
      std::move(library), api, tts, std::move(reference), voice.reference_text));
}

}  // namespace parley::backend
