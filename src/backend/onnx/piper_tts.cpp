// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/piper_tts.h"

#include <array>
#include <cstdint>

#include "backend/onnx/terminate_on_cancel.h"
#include "base/random.h"

namespace parley::backend {
namespace {

constexpr std::int64_t kDurationChannels = 2;
constexpr std::int64_t kLatentChannels = 192;

// An id lasts 2.1 frames of 256 samples on average; how long the clause will be is known only after
// the run has begun. The rare clause that needs more noise than this is run again with more.
constexpr double kFramesPerId = 4.0;
constexpr std::size_t kFramesSpare = 64;
constexpr int kAttempts = 3;

std::size_t likely_frames(std::size_t ids, float length_scale) {
  return kFramesSpare + static_cast<std::size_t>(kFramesPerId * static_cast<double>(ids) *
                                                 static_cast<double>(length_scale));
}

}  // namespace

Result<std::unique_ptr<PiperTts>> PiperTts::load(const std::string& folder,
                                                 Phonemizer& phonemizer) {
  PARLEY_TRY(PiperVoice voice, PiperVoice::load(folder + "/voice.json"));
  PARLEY_TRY(InferenceSession session, InferenceSession::load(folder + "/voice.onnx",
                                                              {"input", "input_lengths", "scales",
                                                               "noise_duration", "noise_latent"},
                                                              {"output"}));
  std::unique_ptr<PiperTts> tts(new PiperTts(std::move(session), std::move(voice), phonemizer));
  // A first run proves that the two files fit together, and warms the session up.
  std::vector<std::int64_t> probe = tts->voice_.ids(" ");
  if (probe.empty()) return Error{ErrorCode::data_corrupt, folder + ": the voice has no space"};
  model::TtsCall call;
  if (const Result<media::BufferRef> heard = tts->run(call, probe, kFramesSpare); !heard) {
    return heard.error().with_context(folder);
  }
  return tts;
}

void PiperTts::synthesize(model::TtsCall& call) noexcept {
  call.audio = {};
  Result<media::BufferRef> audio = speak(call);
  if (call.cancelled()) {
    call.status = Error{ErrorCode::cancelled, "cancelled"};
  } else if (!audio) {
    call.status = audio.error();
  } else {
    call.audio = *std::move(audio);
    call.status = {};
  }
}

Result<media::BufferRef> PiperTts::speak(model::TtsCall& call) {
  if (!(call.speed >= kSpeedMin && call.speed <= kSpeedMax)) {
    return Error{ErrorCode::invalid_argument,
                 "speed: " + std::to_string(call.speed) + " is not 0.25 to 4"};
  }
  PARLEY_TRY(const std::string phonemes, phonemizer_.phonemes(call.text, voice_.language));
  std::vector<std::int64_t> ids = voice_.ids(phonemes);
  if (ids.empty()) return media::BufferRef();
  if (ids.size() > kIdsMax) {
    return Error{ErrorCode::invalid_argument,
                 "text: " + std::to_string(call.text.size()) +
                     " bytes are too long for one clause; cut it at its punctuation"};
  }
  std::size_t frames = likely_frames(ids.size(), voice_.length_scale / call.speed);
  Result<media::BufferRef> audio = run(call, ids, frames);
  for (int attempt = 1; !audio && !call.cancelled() && attempt < kAttempts; ++attempt) {
    frames *= 2;
    audio = run(call, ids, frames);
  }
  return audio;
}

Result<media::BufferRef> PiperTts::run(model::TtsCall& call, std::vector<std::int64_t>& ids,
                                       std::size_t frames) {
  const auto id_count = static_cast<std::int64_t>(ids.size());
  const auto frame_count = static_cast<std::int64_t>(frames);
  Random random(call.seed);
  std::vector<float> duration_noise(ids.size() * kDurationChannels);
  std::vector<float> latent_noise(frames * kLatentChannels);
  random.fill_normal(duration_noise);
  random.fill_normal(latent_noise);
  std::int64_t length = id_count;
  std::array<float, 3> scales{voice_.noise_scale, voice_.length_scale / call.speed, voice_.noise_w};

  using Shape = std::vector<std::int64_t>;
  PARLEY_TRY(const OrtValuePtr input, tensor(ids, Shape{1, id_count}));
  PARLEY_TRY(const OrtValuePtr lengths, tensor(std::span(&length, 1), Shape{1}));
  PARLEY_TRY(const OrtValuePtr scale, tensor(scales, Shape{3}));
  PARLEY_TRY(const OrtValuePtr durations,
             tensor(duration_noise, Shape{1, kDurationChannels, id_count}));
  PARLEY_TRY(const OrtValuePtr latent,
             tensor(latent_noise, Shape{1, kLatentChannels, frame_count}));

  constexpr std::array kIn{"input", "input_lengths", "scales", "noise_duration", "noise_latent"};
  constexpr std::array kOut{"output"};
  const std::array<const OrtValue*, 5> in{input.get(), lengths.get(), scale.get(), durations.get(),
                                          latent.get()};
  std::array<OrtValue*, 1> out{nullptr};
  const TerminateOnCancel terminate(call);
  PARLEY_TRY_STATUS(session_.run(terminate.options(), kIn, in, kOut, out));
  const OrtValuePtr output(out[0]);
  PARLEY_TRY(const std::span<const float> samples, floats(*output));
  if (samples.empty()) return media::BufferRef();
  return pool_.copy_of(samples);
}

}  // namespace parley::backend
