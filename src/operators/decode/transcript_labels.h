// SPDX-License-Identifier: Apache-2.0
//
// Labels that some models put in front of what they heard: SenseVoice writes
// `<|en|><|HAPPY|><|Speech|><|withitn|>Hello.` (FunASR, sense_voice), Whisper
// `<|startoftranscript|><|en|><|transcribe|>…`. What is known is taken out of the text and passed
// on; nothing is guessed.
//
// Threads: any. Allocates: what the strings lack.
#pragma once

#include <string>
#include <string_view>

namespace parley::operators {

struct TranscriptLabels {
  std::string language;  // ISO 639: two or three small letters; empty: not said
  std::string emotion;   // such as "HAPPY", in capitals as the model writes it; empty: not said
  std::string event;     // such as "Speech", "BGM", "Laughter"; empty: not said
};

/// Takes the tags `<|…|>` out of `text`, wherever they are (a tag is at most kTagMax bytes), and
/// returns what the first of each kind says. Tags that mean nothing to us are taken out, too; text
/// that only looks like the beginning of a tag stays. `EMO_UNKNOWN`, `nospeech` and `Event_UNK` say
/// nothing.
inline constexpr std::size_t kTagMax = 32;
TranscriptLabels take_labels(std::string& text);

}  // namespace parley::operators
