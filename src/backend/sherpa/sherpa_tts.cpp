// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_tts.h"

#include <algorithm>

#include "backend/onnx/word_spans.h"
#include "backend/sherpa/sherpa_sentences.h"
#include "backend/tts_part_writer.h"
#include "base/utf8.h"
#include "media/speech_limits.h"
#include "model/voice_names.h"

namespace parley::backend {
namespace {

/// A voice with a lexicon reads letters: each stands for itself.
SpokenPhonemes letters_of(std::string_view text) {
  SpokenPhonemes spoken;
  spoken.whole = text;
  for (const std::string_view word : words_of(text)) spoken.words.emplace_back(word);
  spoken.each = spoken.words;
  return spoken;
}

/// Characters of the sentence that is said first.
double first_sentence_characters(const SherpaText& text) {
  const std::size_t letters = text.text.find_first_of(".?!");
  const std::size_t count = text.sentence_lengths.empty()
                                ? characters_in(std::string_view(text.text).substr(0, letters)) + 1
                                : static_cast<std::size_t>(text.sentence_lengths.front());
  return static_cast<double>(std::max<std::size_t>(1, count));
}

}  // namespace

Result<std::unique_ptr<SherpaTts>> SherpaTts::load(const std::string& library,
                                                   const std::string& folder,
                                                   Phonemizer& phonemizer) {
  PARLEY_TRY(SherpaVoice voice, SherpaVoice::load(folder));
  PARLEY_TRY(auto synthesizer, SherpaSynthesizer::open(library, voice));
  for (const auto& [name, speaker] : voice.speakers) {
    if (speaker < std::max(1, synthesizer->speakers())) continue;
    return Error{ErrorCode::data_corrupt,
                 sherpa_description_file(folder) + ": speakers." + name + ": the voice has " +
                     std::to_string(synthesizer->speakers()) + " speakers, counted from 0"};
  }
  return std::unique_ptr<SherpaTts>(
      new SherpaTts(std::move(synthesizer), std::move(voice), phonemizer));  // private
}

bool SherpaTts::synthesize(model::TtsCall& call) noexcept {
  call.audio = {};
  call.words.clear();
  call.phonemes.clear();
  call.samples_expected = call.samples_made = 0;
  call.status = speak(call);
  if (call.cancelled()) call.status = Error{ErrorCode::cancelled, "cancelled"};
  if (!call.status) call.audio = {};
  if (call.status) call.samples_expected = call.samples_made;
  return false;
}

Status SherpaTts::speak(model::TtsCall& call) {
  if (!(call.speed >= media::kSpeechSpeedMin && call.speed <= media::kSpeechSpeedMax)) {
    return Error{ErrorCode::invalid_argument,
                 "speed: " + std::to_string(call.speed) + " is not 0.25 to 4"};
  }
  if (words_of(call.text).empty()) return {};
  SpokenPhonemes spoken;
  SherpaText text;
  if (voice_.language.empty()) {
    spoken = letters_of(call.text);
    text.text = call.text;
  } else {
    PARLEY_TRY(spoken, spoken_phonemes(phonemizer_, call.text, voice_.language));
    text = sentences_of(spoken.whole);
    if (text.sentence_lengths.empty()) return {};
  }
  const int asked = voice_.speaker_of(model::voice_and_speaker(call.voice).speaker);
  const int speaker = asked < synthesizer_->speakers() ? asked : voice_.speaker;
  TtsPartWriter writer(call, pool_, rate());
  const Status status =
      synthesizer_->speak(text, speaker, call.speed, [&](std::span<const float> samples) {
        if (call.words.empty()) {
          const double pace = static_cast<double>(samples.size()) / first_sentence_characters(text);
          call.words = likely_words(spoken, pace, rate());
          call.phonemes = likely_phonemes(spoken, pace, rate());
        }
        writer.write(samples);
        return !call.cancelled();
      });
  if (status && !call.cancelled()) writer.finish();
  return status;
}

}  // namespace parley::backend
