// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/piper_tts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "backend/onnx/spoken_phonemes.h"
#include "backend/onnx/terminate_on_cancel.h"
#include "backend/onnx/word_spans.h"
#include "base/random.h"
#include "media/speech_limits.h"
#include "model/voice_names.h"

namespace parley::backend {
namespace {

// Windows of a call that streams: the first is short, since somebody waits for it, and each further
// one twice as long, since what is there already is played meanwhile. Windows cost nothing by
// themselves (their margins are paid for by better use of the caches), but a step of 1.6 s takes
// 0.1 s, which is what a first sound of somebody else may have to wait.
constexpr double kFirstSeconds = 0.4;
constexpr double kWindowSeconds = 1.6;
// What is left after a window is taken along when it is less than this part of it.
constexpr double kTailPart = 0.25;
// In speech of more than 40 s (which is slow) windows are longer, so that the parts are not too
// many.
constexpr std::size_t kWindowsMost = 24;
static_assert(kWindowsMost + 4 < model::kTtsPartsMax);

// The begin id and its pad: the silence before the first phoneme.
constexpr std::size_t kIdsBefore = 2;
// Noise of the latent is drawn apart from that of the durations.
constexpr std::uint64_t kLatentSeed = 0x6C61'7465'6E74ULL;

/// When what lies between two bytes of the phonemes is heard.
class Times {
 public:
  /// `bytes`: where each id's phoneme begins.
  Times(std::span<const std::size_t> bytes, std::span<const float> durations,
        std::size_t frame_samples, int rate)
      : bytes_(bytes.first(std::min(bytes.size(), durations.size()))),
        frame_samples_(static_cast<double>(frame_samples)),
        rate_(rate) {
    double frames = 0.0;
    for (const float duration : durations) {
      begins_.push_back(frames);
      frames += static_cast<double>(duration);
    }
    begins_.push_back(frames);
  }

  [[nodiscard]] media::WordTime of(std::string text, WordSpan span) const {
    return {std::move(text), at(span.begin), at(span.end)};
  }

 private:
  /// When the first phoneme from `byte` on begins.
  [[nodiscard]] media::MediaTime at(std::size_t byte) const {
    const std::size_t before = std::min(kIdsBefore, bytes_.size());
    const auto found =
        std::lower_bound(bytes_.begin() + static_cast<std::ptrdiff_t>(before), bytes_.end(), byte);
    const double frames = begins_[static_cast<std::size_t>(found - bytes_.begin())];
    return media::MediaTime::from_samples(std::llround(frames * frame_samples_), rate_);
  }

  const std::span<const std::size_t> bytes_;
  const double frame_samples_;
  const int rate_;
  std::vector<double> begins_;  // of each id, in frames; and the end
};

/// A word without a sound of its own, such as a dash, is written behind the one before it.
std::vector<media::WordTime> word_times(const SpokenPhonemes& spoken, const Times& times) {
  if (spoken.each.empty()) return {};
  const std::vector<WordSpan> spans = word_spans(spoken.whole, spoken.each);
  std::vector<media::WordTime> words;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].end == 0 && !words.empty()) {
      (words.back().text += ' ') += spoken.words[i];
    } else {
      words.push_back(times.of(spoken.words[i], spans[i]));
    }
  }
  return words;
}

std::vector<media::WordTime> phoneme_times(const SpokenPhonemes& spoken, const Times& times) {
  std::vector<media::WordTime> phonemes;
  for (const WordSpan span : sound_spans(spoken.whole)) {
    phonemes.push_back(times.of(spoken.whole.substr(span.begin, span.end - span.begin), span));
  }
  return phonemes;
}

}  // namespace

Result<std::unique_ptr<PiperTts>> PiperTts::load(const std::string& folder,
                                                 Phonemizer& phonemizer) {
  PARLEY_TRY(PiperVoice voice, PiperVoice::load(folder + "/voice.json"));
  PARLEY_TRY(PiperGraphs graphs, PiperGraphs::load(folder, voice.speakers > 1));
  std::unique_ptr<PiperTts> tts(new PiperTts(std::move(graphs), std::move(voice), phonemizer));
  // A first run proves that the files fit together, and warms the sessions up.
  std::vector<std::int64_t> probe = tts->voice_.ids(" ");
  if (probe.empty()) return Error{ErrorCode::data_corrupt, folder + ": the voice has no space"};
  model::TtsCall call;
  std::vector<float> durations;
  auto speech = tts->encode(call, probe, durations);
  if (!speech) return speech.error().with_context(folder);
  call.state = std::move(*speech);
  Result<bool> has_more = true;
  while (has_more && *has_more) has_more = tts->step(call);
  if (!has_more) return has_more.error().with_context(folder);
  return tts;
}

bool PiperTts::synthesize(model::TtsCall& call) noexcept {
  Result<bool> has_more = step(call);
  if (has_more && *has_more && !call.cancelled()) return true;
  call.state.reset();
  call.status = {};
  if (call.cancelled()) {
    call.status = Error{ErrorCode::cancelled, "cancelled"};
  } else if (!has_more) {
    call.status = has_more.error();
  }
  if (!call.status) call.audio = {};
  return false;
}

Result<bool> PiperTts::step(model::TtsCall& call) {
  if (call.state == nullptr) {
    PARLEY_TRY_STATUS(begin(call));
    if (call.state == nullptr) return false;  // nothing to say
  }
  auto& speech = static_cast<PiperSpeech&>(*call.state);
  const std::size_t frames = next_window(call, speech);
  const std::size_t offset = speech.frames_made() * graphs_.frame_samples();
  const std::size_t samples = frames * graphs_.frame_samples();
  const TerminateOnCancel terminate(call);
  if (call.stream) {
    media::BufferRef part = pool_.take_floats(samples);
    PARLEY_TRY_STATUS(speech.make(terminate.options(), part.writable_floats()));
    call.samples_made += static_cast<std::int64_t>(samples);
    if (!call.parts.try_push(std::move(part))) {
      return Error{ErrorCode::internal, "a voice made more parts than there is room for"};
    }
    call.notify();
  } else {
    if (speech.whole.empty()) {
      speech.whole = pool_.take_floats(speech.frames() * graphs_.frame_samples());
    }
    PARLEY_TRY_STATUS(
        speech.make(terminate.options(), speech.whole.writable_floats().subspan(offset, samples)));
    call.samples_made += static_cast<std::int64_t>(samples);
    if (speech.frames_left() == 0) call.audio = std::move(speech.whole);
  }
  return speech.frames_left() > 0;
}

/// From text to frames; without a state when there is nothing to say.
Status PiperTts::begin(model::TtsCall& call) {
  call.audio = {};
  call.words.clear();
  call.phonemes.clear();
  call.samples_expected = call.samples_made = 0;
  if (!(call.speed >= media::kSpeechSpeedMin && call.speed <= media::kSpeechSpeedMax)) {
    return Error{ErrorCode::invalid_argument,
                 "speed: " + std::to_string(call.speed) + " is not 0.25 to 4"};
  }
  PARLEY_TRY(const SpokenPhonemes spoken, spoken_phonemes(phonemizer_, call.text, voice_.language));
  std::vector<std::size_t> bytes;
  std::vector<std::int64_t> ids = voice_.ids(spoken.whole, &bytes);
  if (ids.empty()) return {};
  if (ids.size() > kIdsMax) {
    return Error{ErrorCode::invalid_argument,
                 "text: " + std::to_string(call.text.size()) +
                     " bytes are too long for one clause; cut it at its punctuation"};
  }
  std::vector<float> durations;
  PARLEY_TRY(std::unique_ptr<PiperSpeech> speech, encode(call, ids, durations));
  if (speech->frames() == 0) return {};
  const Times times(bytes, durations, graphs_.frame_samples(), voice_.rate);
  call.words = word_times(spoken, times);
  call.phonemes = phoneme_times(spoken, times);
  call.samples_expected = static_cast<std::int64_t>(speech->frames() * graphs_.frame_samples());
  call.state = std::move(speech);
  return {};
}

Result<std::unique_ptr<PiperSpeech>> PiperTts::encode(model::TtsCall& call,
                                                      std::vector<std::int64_t>& ids,
                                                      std::vector<float>& durations) {
  std::vector<float> noise(ids.size() * PiperGraphs::kDurationChannels);
  Random(call.seed).fill_normal(noise);
  const TerminateOnCancel terminate(call);
  PARLEY_TRY(PiperGraphs::Encoded encoded,
             graphs_.encode(
                 terminate.options(),
                 {.ids = ids,
                  .scales = {voice_.noise_scale, voice_.length_scale / call.speed, voice_.noise_w},
                  .noise = noise,
                  .speaker = voice_.speaker(model::voice_and_speaker(call.voice).speaker)}));
  durations = encoded.durations;
  return std::make_unique<PiperSpeech>(graphs_, std::move(encoded), call.seed ^ kLatentSeed);
}

/// In frames.
std::size_t PiperTts::next_window(const model::TtsCall& call, const PiperSpeech& speech) const {
  const double frames_per_second =
      static_cast<double>(voice_.rate) / static_cast<double>(graphs_.frame_samples());
  // 0.4 s, 0.8 s, 1.6 s: what is made already, and the first window once more.
  const double grown =
      kFirstSeconds + static_cast<double>(speech.frames_made()) / frames_per_second;
  double wanted =
      std::min(call.stream ? grown : kWindowSeconds, kWindowSeconds) * frames_per_second;
  if (speech.frames_made() > 0) {
    wanted = std::max(wanted, std::ceil(static_cast<double>(speech.frames()) / kWindowsMost));
  }
  const double left = static_cast<double>(speech.frames_left());
  if (left <= wanted * (1.0 + kTailPart)) return speech.frames_left();
  return static_cast<std::size_t>(wanted);
}

}  // namespace parley::backend
