// SPDX-License-Identifier: Apache-2.0
#include "service/speakers/speaker_service.h"

#include <algorithm>
#include <array>
#include <future>
#include <utility>

#include "base/sha256.h"
#include "codec/audio_decoder.h"

namespace parley::service {
namespace {

constexpr float kSpeechProbability = 0.5F;
/// Consonants around what the detector is sure of: 96 ms.
constexpr std::size_t kWindowsAround = 3;
constexpr std::size_t kIdDigits = 24;
/// Whoever listens to a stream goes first.
constexpr Millis kPatience{1000};

/// Waits for the store, which answers on a thread of its own.
template <typename T, typename Ask>
T answer_of(Ask ask) {
  // Shared with the store's thread, which may still hold it when the answer is here.
  const auto promise = std::make_shared<std::promise<T>>();
  std::future<T> answer = promise->get_future();
  ask([promise](T result) { promise->set_value(std::move(result)); });
  return answer.get();
}

}  // namespace

std::string speaker_id(std::string_view name) {
  return "spk_" + hexadecimal(hmac_sha256("parley speaker", name)).substr(0, kIdDigits);
}

Result<std::vector<float>> decode_clip(std::string_view bytes, const std::string& name) {
  PARLEY_TRY(const auto source, codec::open_audio_bytes(
                                    std::as_bytes(std::span(bytes)), name,
                                    {.rate = model::kSpeakerRate, .seconds_max = kClipSecondsMax}));
  std::vector<float> samples;
  std::vector<float> block(model::kSpeakerRate);
  while (true) {
    PARLEY_TRY(const std::size_t count, source->read(block));
    if (count == 0) return samples;
    samples.insert(samples.end(), block.begin(),
                   block.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

SpeakerService::SpeakerService(const Surroundings& around, float score_min)
    : around_(around), score_min_(score_min), strand_(exec::Strand::make(around.waiting, *this)) {}

SpeakerService::~SpeakerService() {
  strand_->close();
  while (around_.waiting.run_one()) continue;  // a wake that came after what it was about
}

void SpeakerService::await(const model::Call& call) {
  while (!call.done()) {
    if (!around_.waiting.run_one()) around_.waiting.park();
  }
}

Result<std::vector<bool>> SpeakerService::find_speech(std::span<const float> samples) {
  const auto call = std::make_shared<model::VadCall>();  // shared with the host while it works
  std::vector<bool> found;
  for (std::size_t at = 0; at < samples.size(); at += model::kVadWindowSamples) {
    const auto window =
        samples.subspan(at, std::min(model::kVadWindowSamples, samples.size() - at));
    call->window.fill(0.0F);
    std::ranges::copy(window, call->window.begin());
    call->begin(strand_->waker(), around_.clock.now() + kPatience);
    if (!around_.vad.submit(call)) {
      return Error{ErrorCode::unavailable, "too much waits for voice activity detection"};
    }
    await(*call);
    PARLEY_TRY_STATUS(call->status);
    found.push_back(call->probability >= kSpeechProbability);
  }
  return found;
}

Result<HeardVoice> SpeakerService::hear(std::span<const float> samples) {
  PARLEY_TRY(const std::vector<bool> is_speech, find_speech(samples));
  const auto call = std::make_shared<model::SpeakerCall>();  // likewise
  std::size_t speech_windows = 0;
  for (std::size_t i = 0; i < is_speech.size(); ++i) {
    speech_windows += is_speech[i] ? 1 : 0;
    const std::size_t first = i - std::min(i, kWindowsAround);
    const std::size_t last = std::min(i + kWindowsAround + 1, is_speech.size());
    const bool is_near = std::any_of(is_speech.begin() + static_cast<std::ptrdiff_t>(first),
                                     is_speech.begin() + static_cast<std::ptrdiff_t>(last),
                                     [](bool speech) { return speech; });
    if (!is_near) continue;
    const std::size_t at = i * model::kVadWindowSamples;
    const auto window =
        samples.subspan(at, std::min(model::kVadWindowSamples, samples.size() - at));
    call->audio.insert(call->audio.end(), window.begin(), window.end());
  }
  HeardVoice heard;
  heard.speech_seconds = static_cast<double>(speech_windows * model::kVadWindowSamples) /
                         static_cast<double>(model::kVadRate);
  if (heard.speech_seconds < kClipSpeechSecondsMin) {
    return Error{ErrorCode::invalid_argument,
                 "there is too little speech in it: a voice is known "
                 "from 1 s on, and better from 3 s"};
  }
  if (call->audio.size() > around_.speakers.samples_max()) {
    call->audio.resize(around_.speakers.samples_max());
  }
  call->begin(strand_->waker(), around_.clock.now() + kPatience);
  if (!around_.speakers.submit(call)) {
    return Error{ErrorCode::unavailable, "too much waits for the model of speakers"};
  }
  await(*call);
  PARLEY_TRY_STATUS(call->status);
  heard.voice = {.model = around_.speakers.name(), .embedding = std::move(call->embedding)};
  return heard;
}

Result<store::Speaker> SpeakerService::enrol(const store::SpeakerKey& key,
                                             std::span<const HeardVoice> voices) {
  Result<store::Speaker> speaker = Error{ErrorCode::invalid_argument, "no recording"};
  for (const HeardVoice& heard : voices) {
    speaker = answer_of<Result<store::Speaker>>(
        [&](auto done) { around_.store.enrol(key, heard.voice, std::move(done)); });
    if (!speaker) break;
  }
  around_.known.reread(key.owner);
  return speaker;
}

Result<store::SpeakerList> SpeakerService::list(const std::string& owner) {
  return answer_of<Result<store::SpeakerList>>(
      [&](auto done) { around_.store.list(owner, std::move(done)); });
}

Result<std::string> SpeakerService::remove(const std::string& owner, const std::string& id) {
  PARLEY_TRY(const store::SpeakerList speakers, list(owner));
  const auto found = std::ranges::find_if(speakers, [&](const store::Speaker& speaker) {
    return speaker.name == id || speaker_id(speaker.name) == id;
  });
  if (found == speakers.end()) {
    return Error{ErrorCode::not_found, "There is no speaker '" + id + "'."};
  }
  PARLEY_TRY_STATUS(answer_of<Status>([&](auto done) {
    around_.store.remove({.owner = owner, .name = found->name}, std::move(done));
  }));
  around_.known.reread(owner);
  return found->name;
}

Result<std::optional<SpeakerScore>> SpeakerService::identify(const std::string& owner,
                                                             const HeardVoice& heard) {
  PARLEY_TRY(const store::SpeakerList speakers, list(owner));
  return service::identify(speakers, heard.voice, score_min_);
}

Result<SpeakerScore> SpeakerService::verify(const store::SpeakerKey& key, const HeardVoice& heard) {
  PARLEY_TRY(const store::SpeakerList speakers, list(key.owner));
  const auto by_id = std::ranges::find_if(speakers, [&](const store::Speaker& speaker) {
    return speaker_id(speaker.name) == key.name;
  });
  return service::verify(speakers, by_id == speakers.end() ? key.name : by_id->name, heard.voice,
                         score_min_);
}

}  // namespace parley::service
