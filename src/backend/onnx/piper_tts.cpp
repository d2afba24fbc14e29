// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/piper_tts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "backend/onnx/terminate_on_cancel.h"
#include "backend/onnx/word_spans.h"
#include "backend/phonemizer/phonemizer_protocol.h"
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
// The begin id and its pad: the silence before the first phoneme.
constexpr std::size_t kIdsBefore = 2;

std::size_t likely_frames(std::size_t ids, float length_scale) {
  return kFramesSpare + static_cast<std::size_t>(kFramesPerId * static_cast<double>(ids) *
                                                 static_cast<double>(length_scale));
}

std::vector<std::string_view> pieces_of(std::string_view answer) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at <= answer.size();) {
    const std::size_t end = std::min(answer.find(kPhonemizerSeparator, at), answer.size());
    pieces.push_back(answer.substr(at, end - at));
    at = end + 1;
  }
  return pieces;
}

/// `bytes`: where each id's phoneme begins. A word without a sound of its own, such as a dash, is
/// written behind the one before it.
std::vector<media::WordTime> word_times(std::span<const std::string_view> words,
                                        std::span<const WordSpan> spans,
                                        std::span<const std::size_t> bytes,
                                        std::span<const float> durations, int rate) {
  const auto time_at = [&](std::size_t byte) {  // when the first phoneme from `byte` on begins
    double frames = 0.0;
    for (std::size_t i = 0; i < std::min(bytes.size(), durations.size()); ++i) {
      if (bytes[i] >= byte && i >= kIdsBefore) break;
      frames += static_cast<double>(durations[i]);
    }
    return media::MediaTime::from_samples(std::llround(frames * PiperTts::kFrameSamples), rate);
  };
  std::vector<media::WordTime> times;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (spans[i].end == 0 && !times.empty()) {
      (times.back().text += ' ') += words[i];
    } else {
      times.push_back({std::string(words[i]), time_at(spans[i].begin), time_at(spans[i].end)});
    }
  }
  return times;
}

}  // namespace

Result<std::unique_ptr<PiperTts>> PiperTts::load(const std::string& folder,
                                                 Phonemizer& phonemizer) {
  PARLEY_TRY(PiperVoice voice, PiperVoice::load(folder + "/voice.json"));
  PARLEY_TRY(InferenceSession session, InferenceSession::load(folder + "/voice.onnx",
                                                              {"input", "input_lengths", "scales",
                                                               "noise_duration", "noise_latent"},
                                                              {"output", "durations"}));
  std::unique_ptr<PiperTts> tts(new PiperTts(std::move(session), std::move(voice), phonemizer));
  // A first run proves that the two files fit together, and warms the session up.
  std::vector<std::int64_t> probe = tts->voice_.ids(" ");
  if (probe.empty()) return Error{ErrorCode::data_corrupt, folder + ": the voice has no space"};
  model::TtsCall call;
  if (const auto heard = tts->run(call, probe, kFramesSpare); !heard) {
    return heard.error().with_context(folder);
  }
  return tts;
}

bool PiperTts::synthesize(model::TtsCall& call) noexcept {
  call.audio = {};
  call.words.clear();
  call.phonemes.clear();
  call.samples_expected = call.samples_made = 0;
  Result<Spoken> spoken = speak(call);
  if (call.cancelled()) {
    call.status = Error{ErrorCode::cancelled, "cancelled"};
  } else if (!spoken) {
    call.status = spoken.error();
  } else {
    call.status = {};
    call.samples_made = static_cast<std::int64_t>(spoken->audio.size() / sizeof(float));
    call.samples_expected = call.samples_made;
    if (!call.stream) {
      call.audio = std::move(spoken->audio);
    } else if (!spoken->audio.empty()) {
      static_cast<void>(call.parts.try_push(std::move(spoken->audio)));  // there is room for it
      call.notify();
    }
  }
  return false;
}

Result<PiperTts::Spoken> PiperTts::speak(model::TtsCall& call) {
  if (!(call.speed >= kSpeedMin && call.speed <= kSpeedMax)) {
    return Error{ErrorCode::invalid_argument,
                 "speed: " + std::to_string(call.speed) + " is not 0.25 to 4"};
  }
  // The text, and then each of its words by itself (word_spans.h).
  std::string text = call.text;
  std::ranges::replace(text, kPhonemizerSeparator, ' ');
  const std::vector<std::string_view> words = words_of(text);
  std::string asked = text;
  for (const std::string_view word : words) (asked += kPhonemizerSeparator) += word;
  if (asked.size() > kPhonemizerTextMax) asked = text;
  PARLEY_TRY(const std::string answer, phonemizer_.phonemes(asked, voice_.language));
  const std::vector<std::string_view> pieces = pieces_of(answer);

  std::vector<std::size_t> bytes;
  std::vector<std::int64_t> ids = voice_.ids(pieces.front(), &bytes);
  if (ids.empty()) return Spoken();
  if (ids.size() > kIdsMax) {
    return Error{ErrorCode::invalid_argument,
                 "text: " + std::to_string(call.text.size()) +
                     " bytes are too long for one clause; cut it at its punctuation"};
  }
  std::size_t frames = likely_frames(ids.size(), voice_.length_scale / call.speed);
  Result<Spoken> spoken = run(call, ids, frames);
  for (int attempt = 1; !spoken && !call.cancelled() && attempt < kAttempts; ++attempt) {
    frames *= 2;
    spoken = run(call, ids, frames);
  }
  if (spoken && pieces.size() == words.size() + 1) {
    const std::vector<WordSpan> spans =
        word_spans(pieces.front(), {pieces.begin() + 1, pieces.end()});
    call.words = word_times(words, spans, bytes, spoken->durations, voice_.rate);
  }
  return spoken;
}

Result<PiperTts::Spoken> PiperTts::run(model::TtsCall& call, std::vector<std::int64_t>& ids,
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
  constexpr std::array kOut{"output", "durations"};
  const std::array<const OrtValue*, 5> in{input.get(), lengths.get(), scale.get(), durations.get(),
                                          latent.get()};
  std::array<OrtValue*, 2> out{nullptr, nullptr};
  const TerminateOnCancel terminate(call);
  PARLEY_TRY_STATUS(session_.run(terminate.options(), kIn, in, kOut, out));
  const OrtValuePtr output(out[0]);
  const OrtValuePtr frames_of_ids(out[1]);
  PARLEY_TRY(const std::span<const float> samples, floats(*output));
  PARLEY_TRY(const std::span<const float> lasted, floats(*frames_of_ids));
  Spoken spoken;
  spoken.durations.assign(lasted.begin(), lasted.end());
  if (!samples.empty()) spoken.audio = pool_.copy_of(samples);
  return spoken;
}

}  // namespace parley::backend
